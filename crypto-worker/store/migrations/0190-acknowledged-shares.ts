import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 190,
  name: "acknowledged-shares",
  statements: [
    // 1: the server has the request. Its messages make room for those of the next one: every page that they leave would be written once more.
    `ALTER TABLE room_key_share ADD COLUMN acknowledged INTEGER NOT NULL DEFAULT 0`,
    `UPDATE room_key_share SET acknowledged = 1 WHERE messages IS NULL`,
    // Devices are looked up by user.
    `DROP INDEX device_by_curve25519`,
  ],
};

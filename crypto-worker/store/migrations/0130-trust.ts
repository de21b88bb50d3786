import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 130,
  name: "trust",
  statements: [
    `CREATE TABLE only_trusted_room (
      room_id TEXT PRIMARY KEY -- its keys go to trusted devices only
    ) STRICT, WITHOUT ROWID`,
    // JSON [[user id, device id]]: devices that a person lets have this one event although their verified owner did not sign them.
    `ALTER TABLE send_queue ADD COLUMN tolerated TEXT`,
  ],
};

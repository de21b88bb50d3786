import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 150,
  name: "withheld-order",
  statements: [
    // Both count up with each notice: the lowest is the first to go. Those that were there before are.
    `ALTER TABLE withheld_session ADD COLUMN place INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE withheld_session ADD COLUMN sender_place INTEGER NOT NULL DEFAULT 0`, // among those of this sender and room
    `CREATE INDEX withheld_session_place ON withheld_session (place)`,
    `CREATE INDEX withheld_session_sender ON withheld_session (sender, room_id, sender_place)`,
  ],
};

import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 100,
  name: "history-shares",
  statements: [
    `CREATE TABLE history_share (
      room_id TEXT NOT NULL,
      user_id TEXT NOT NULL, -- who is invited
      created_at INTEGER NOT NULL, -- ms
      mxc TEXT, -- once the bundle is on the server
      key BLOB, -- AES-256, of the bundle alone
      iv BLOB,
      sha256 BLOB, -- of the ciphertext
      PRIMARY KEY (room_id, user_id)
    ) STRICT, WITHOUT ROWID`,
    // Of whom we have the key that read the event, where that is not who made it.
    `ALTER TABLE event ADD COLUMN forwarder TEXT`,
  ],
};

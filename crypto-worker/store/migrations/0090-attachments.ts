import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 90,
  name: "attachments",
  statements: [
    `CREATE TABLE outgoing_attachment (
      item_id TEXT NOT NULL REFERENCES send_queue (item_id) ON DELETE CASCADE,
      part TEXT NOT NULL CHECK (part IN ('file', 'thumbnail')),
      spool_id TEXT NOT NULL, -- main's file with the ciphertext
      size INTEGER NOT NULL, -- bytes
      mimetype TEXT NOT NULL,
      key BLOB NOT NULL, -- AES-256, of this file alone
      iv BLOB NOT NULL,
      sha256 BLOB NOT NULL, -- of the ciphertext
      mxc TEXT, -- once the server has it
      mxc_encrypted INTEGER, -- 1: what lies there is the ciphertext
      PRIMARY KEY (item_id, part)
    ) STRICT, WITHOUT ROWID`,
  ],
};

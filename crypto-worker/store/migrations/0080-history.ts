import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 80,
  name: "history",
  statements: [
    `CREATE TABLE received_key_bundle (
      room_id TEXT NOT NULL,
      sender TEXT NOT NULL,
      sender_key TEXT NOT NULL, -- Curve25519 of the device, proven by Olm
      sender_signing_key TEXT NOT NULL, -- Ed25519
      sender_device TEXT NOT NULL,
      trusted INTEGER NOT NULL, -- 1: signed by its owner's identity when the bundle came
      file TEXT NOT NULL, -- JSON EncryptedFile, with the key
      received_at INTEGER NOT NULL, -- ms
      PRIMARY KEY (room_id, sender)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX received_key_bundle_sender ON received_key_bundle (sender, received_at)`,
    `CREATE TABLE accepted_invite (
      room_id TEXT PRIMARY KEY,
      inviter TEXT NOT NULL, -- whose bundle is waited for
      accepted_at INTEGER NOT NULL -- ms
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE restored_room (
      room_id TEXT PRIMARY KEY -- all of its keys in the backup are here
    ) STRICT, WITHOUT ROWID`,
    // Of the session that is withheld, for passing the notice on.
    `ALTER TABLE withheld_session ADD COLUMN sender_key TEXT`,
    `CREATE INDEX inbound_group_session_room ON inbound_group_session (room_id, id)`,
  ],
};

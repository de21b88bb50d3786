import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 70,
  name: "backup",
  statements: [
    `CREATE TABLE key_backup (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version TEXT NOT NULL, -- on the server
      public_key TEXT NOT NULL -- Curve25519, unpadded base64; room keys are encrypted to it
    ) STRICT`,
    `CREATE TABLE backup_decryption_key (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version TEXT NOT NULL, -- of the backup that it reads
      private_key BLOB NOT NULL, -- Curve25519
      public_key TEXT NOT NULL -- derived from it
    ) STRICT`,
    // What the next upload takes. The mark is of the enabled backup or empty: it is taken back when another backup is enabled.
    `CREATE INDEX inbound_group_session_not_backed_up ON inbound_group_session (id) WHERE backup_version IS NULL`,
  ],
};

import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 180,
  name: "session-claims",
  statements: [
    `CREATE TABLE session_claim (
      session INTEGER NOT NULL, -- inbound_group_session.id; another device gave us that session first
      sender_key TEXT NOT NULL, -- Curve25519 of the device that gave it to us over Olm too, unpadded base64
      signing_key TEXT, -- its Ed25519
      sender_kind INTEGER NOT NULL, -- these five as in inbound_group_session
      sender_flags INTEGER NOT NULL,
      sender_user_id TEXT,
      sender_device_id TEXT,
      sender_master_key TEXT,
      PRIMARY KEY (session, sender_key)
    ) STRICT, WITHOUT ROWID`,
  ],
};

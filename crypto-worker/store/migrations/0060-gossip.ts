import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 60,
  name: "gossip",
  statements: [
    `CREATE TABLE secret_request (
      name TEXT PRIMARY KEY, -- of the secret that we asked our other devices for
      request_id TEXT NOT NULL UNIQUE -- also the transaction id of the request
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE secret_inbox (
      name TEXT PRIMARY KEY,
      secret BLOB NOT NULL -- private, 32 bytes; from a verified device of ours, not compared with anything yet
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE key_request (
      room_id TEXT NOT NULL, -- of the Megolm session that we asked our other devices for
      session_id TEXT NOT NULL,
      request_id TEXT NOT NULL UNIQUE, -- also the transaction id of the request
      PRIMARY KEY (session_id, room_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE waiting_request (
      user_id TEXT NOT NULL, -- who asks us, unproven
      device_id TEXT NOT NULL,
      request_id TEXT NOT NULL,
      secret_name TEXT, -- what for: this or the next two
      room_id TEXT,
      session_id TEXT,
      received_ts INTEGER NOT NULL, -- ms
      PRIMARY KEY (user_id, device_id, request_id)
    ) STRICT, WITHOUT ROWID`,
  ],
};

import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 30,
  name: "megolm",
  statements: [
    `CREATE TABLE inbound_group_session (
      id INTEGER PRIMARY KEY,
      session_id TEXT NOT NULL, -- the session's Ed25519 key, unpadded base64
      room_id TEXT NOT NULL,
      sender_key TEXT NOT NULL, -- Curve25519, unpadded base64
      signing_key TEXT, -- Ed25519 as claimed with the key
      ratchet BLOB NOT NULL, -- at first_known_index, in the export format; never changes by decrypting
      first_known_index INTEGER NOT NULL,
      imported INTEGER NOT NULL, -- 1: not from its maker over Olm
      shared_history INTEGER NOT NULL, -- MSC3061
      history_visibility TEXT, -- of the room when we made the session
      sender_kind INTEGER NOT NULL, -- 0 unknown device, 1 device, 2 verification violation, 3 sender unverified, 4 sender verified
      sender_flags INTEGER NOT NULL, -- 1 legacy, 2 owner check failed
      sender_user_id TEXT,
      sender_device_id TEXT,
      sender_master_key TEXT,
      forwarder_user_id TEXT,
      forwarder_device_id TEXT,
      backup_version TEXT, -- of the key backup that has this ratchet
      UNIQUE (session_id, room_id)
    ) STRICT`,
    // The sessions that are looked at again when a device becomes known or is signed.
    `CREATE INDEX inbound_group_session_unsettled ON inbound_group_session (sender_key, id) WHERE sender_kind < 2 AND imported = 0`,
    `CREATE TABLE megolm_message_index (
      session INTEGER NOT NULL, -- inbound_group_session.id
      message_index INTEGER NOT NULL,
      event_id TEXT NOT NULL,
      origin_server_ts INTEGER NOT NULL, -- ms
      PRIMARY KEY (session, message_index)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE withheld_session (
      room_id TEXT NOT NULL,
      session_id TEXT NOT NULL,
      code TEXT NOT NULL,
      sender TEXT NOT NULL, -- who said so, unproven
      PRIMARY KEY (session_id, room_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE outbound_group_session (
      room_id TEXT PRIMARY KEY,
      session_id TEXT NOT NULL,
      pickle TEXT NOT NULL, -- libolm's, somewhere at or before reserved_index
      reserved_index INTEGER NOT NULL, -- every index below it may have been used; a restart begins here
      created_at INTEGER NOT NULL, -- ms
      rotation_period_ms INTEGER NOT NULL,
      rotation_period_msgs INTEGER NOT NULL,
      history_visibility TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE room_key_share (
      request_id TEXT PRIMARY KEY, -- transaction id of the to-device request
      room_id TEXT NOT NULL REFERENCES outbound_group_session (room_id) ON DELETE CASCADE,
      withheld INTEGER NOT NULL, -- 1: tells the recipients that they get no key
      message_index INTEGER NOT NULL, -- from which the recipients can decrypt
      recipients TEXT NOT NULL, -- JSON [[user id, [[device id, curve25519, wedging index or withheld code], …]], …]
      messages TEXT -- JSON body of the request, until it was acknowledged
    ) STRICT`,
    `CREATE INDEX room_key_share_room ON room_key_share (room_id)`,
    `CREATE INDEX room_key_share_pending ON room_key_share (request_id) WHERE messages IS NOT NULL`,
    `CREATE TABLE room_settings (
      room_id TEXT PRIMARY KEY, -- a room that is here is encrypted for ever
      algorithm TEXT NOT NULL,
      rotation_period_ms INTEGER,
      rotation_period_msgs INTEGER
    ) STRICT, WITHOUT ROWID`,
  ],
};

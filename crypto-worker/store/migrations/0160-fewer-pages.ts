import type { Migration } from "./migrations.ts";

/**
 * The same rows in fewer trees. Every page that a transaction touches is encrypted and authenticated anew, and receiving one room key touched nine.
 */
export const migration: Migration = {
  version: 160,
  name: "fewer-pages",
  statements: [
    `ALTER TABLE olm_session RENAME TO olm_session_before`,
    `CREATE TABLE olm_session (
      curve25519 TEXT NOT NULL, -- of the other device
      session_id TEXT NOT NULL,
      pickle TEXT NOT NULL,
      created_ts INTEGER NOT NULL,
      used_ts INTEGER NOT NULL, -- last decryption, at first the creation; strictly ascending among the sessions of one device
      PRIMARY KEY (curve25519, session_id)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO olm_session (curve25519, session_id, pickle, created_ts, used_ts)
     SELECT curve25519, session_id, pickle, created_ts, used_ts FROM olm_session_before`,
    `DROP TABLE olm_session_before`,
    `ALTER TABLE olm_hash RENAME TO olm_hash_before`,
    `CREATE TABLE olm_hash (
      period INTEGER NOT NULL, -- in which it was seen, in spans of 30 days since the epoch
      hash BLOB NOT NULL, -- sha-256 of sender key, type and ciphertext of a message that was decrypted
      PRIMARY KEY (period, hash)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO olm_hash (period, hash) SELECT seen_ts / 2592000000, hash FROM olm_hash_before`,
    `DROP TABLE olm_hash_before`,
    `ALTER TABLE inbound_group_session RENAME TO inbound_group_session_before`,
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
      UNIQUE (room_id, session_id)
    ) STRICT`,
    `INSERT INTO inbound_group_session (id, session_id, room_id, sender_key, signing_key, ratchet, first_known_index, imported, shared_history,
       history_visibility, sender_kind, sender_flags, sender_user_id, sender_device_id, sender_master_key, forwarder_user_id, forwarder_device_id,
       backup_version)
     SELECT id, session_id, room_id, sender_key, signing_key, ratchet, first_known_index, imported, shared_history,
       history_visibility, sender_kind, sender_flags, sender_user_id, sender_device_id, sender_master_key, forwarder_user_id, forwarder_device_id,
       backup_version
     FROM inbound_group_session_before`,
    `DROP TABLE inbound_group_session_before`,
    // The sessions that are looked at again when a device becomes known or is signed.
    `CREATE INDEX inbound_group_session_unsettled ON inbound_group_session (sender_key, id) WHERE sender_kind < 2 AND imported = 0`,
    `CREATE INDEX inbound_group_session_not_backed_up ON inbound_group_session (id) WHERE backup_version IS NULL`,
  ],
};

import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 20,
  name: "machine",
  statements: [
    `CREATE TABLE account (
      id INTEGER PRIMARY KEY CHECK (id = 1), -- one account a file
      user_id TEXT NOT NULL,
      device_id TEXT NOT NULL,
      pickle TEXT NOT NULL, -- libolm's, under pickle_key
      pickle_key BLOB NOT NULL, -- 32 random bytes; also for every other pickle in this file
      created_ts INTEGER NOT NULL, -- all times: milliseconds since the epoch
      device_keys_uploaded INTEGER NOT NULL,
      server_one_time_keys INTEGER, -- as the server last told; null before it did
      held_one_time_keys INTEGER NOT NULL, -- private halves inside the pickle, published or not
      one_time_keys_ts INTEGER, -- when the last ones were made
      fallback_key_ts INTEGER, -- when the current fallback key was made
      fallback_keys TEXT NOT NULL, -- JSON: public halves of the current one and the one before it
      fallback_key_used INTEGER -- 1 when the server no longer lists it as unused; null before the server ever told
    ) STRICT`,
    `CREATE TABLE tracked_user (
      user_id TEXT PRIMARY KEY,
      dirty INTEGER NOT NULL -- 1 when their devices must be queried
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE device (
      user_id TEXT NOT NULL,
      device_id TEXT NOT NULL,
      ed25519 TEXT NOT NULL, -- never changes for a device id
      curve25519 TEXT NOT NULL,
      algorithms TEXT NOT NULL, -- JSON
      display_name TEXT,
      deleted INTEGER NOT NULL,
      dehydrated INTEGER NOT NULL,
      local_trust INTEGER NOT NULL, -- 0 verified, 1 blacklisted, 2 ignored, 3 unset
      cross_signed_by TEXT, -- self-signing key whose signature was checked
      withheld_code_sent INTEGER NOT NULL,
      first_seen_ts INTEGER NOT NULL,
      olm_wedging_index INTEGER NOT NULL,
      keys_json TEXT NOT NULL, -- the device keys as signed
      PRIMARY KEY (user_id, device_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX device_by_curve25519 ON device (user_id, curve25519)`,
    `CREATE TABLE identity (
      user_id TEXT PRIMARY KEY,
      master_key TEXT NOT NULL,
      self_signing_key TEXT NOT NULL,
      user_signing_key TEXT, -- ours only
      master_json TEXT NOT NULL, -- as signed; the next two as well
      self_signing_json TEXT NOT NULL,
      user_signing_json TEXT,
      pinned_master_key TEXT NOT NULL,
      master_signed_by TEXT, -- our user-signing key whose signature on their master key was checked
      verified_master_key TEXT, -- ours only: the master key that was confirmed on this device
      previously_verified INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE cross_signing_key (
      usage TEXT PRIMARY KEY CHECK (usage IN ('master', 'self_signing', 'user_signing')),
      seed BLOB NOT NULL, -- private, 32 bytes
      public_key TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE olm_session (
      session_id TEXT PRIMARY KEY,
      curve25519 TEXT NOT NULL, -- of the other device
      pickle TEXT NOT NULL,
      created_ts INTEGER NOT NULL,
      used_ts INTEGER NOT NULL -- last decryption, at first the creation; strictly ascending among the sessions of one device
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX olm_session_by_curve25519 ON olm_session (curve25519, used_ts)`,
    `CREATE TABLE olm_hash (
      hash BLOB PRIMARY KEY, -- sha-256 of sender key, type and ciphertext of a message that was decrypted
      seen_ts INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX olm_hash_by_time ON olm_hash (seen_ts)`,
    `CREATE TABLE wedged_device (
      user_id TEXT NOT NULL,
      device_id TEXT NOT NULL,
      PRIMARY KEY (user_id, device_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE to_device_request (
      position INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE, -- the transaction id
      event_type TEXT NOT NULL,
      messages TEXT NOT NULL -- JSON: user id to device id to content
    ) STRICT`,
  ],
};

import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 40,
  name: "client",
  statements: [
    `CREATE TABLE room (
      room_id TEXT PRIMARY KEY,
      membership TEXT NOT NULL, -- ours
      listed INTEGER NOT NULL, -- 0: left by ourselves, not shown in the room list
      algorithm TEXT, -- a latch: set by the first m.room.encryption, never cleared; '' for one without an algorithm
      rotation_ms INTEGER,
      rotation_msgs INTEGER,
      members_complete INTEGER NOT NULL DEFAULT 0, -- whether room_member holds everybody, not only those that lazy loading sent
      heroes TEXT NOT NULL DEFAULT '[]', -- JSON array of user ids, from the sync summary
      joined_count INTEGER,
      invited_count INTEGER,
      server_unread INTEGER NOT NULL DEFAULT -1, -- -1 until the server has said anything
      server_mentions INTEGER NOT NULL DEFAULT 0,
      read_event_id TEXT, -- our own receipt
      read_position INTEGER,
      next_position INTEGER NOT NULL DEFAULT 0, -- for the next event of the newest chunk
      summary TEXT -- RoomSummary as JSON: what the room list shows, so that a start needs no computing
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE room_state (
      room_id TEXT NOT NULL,
      type TEXT NOT NULL,
      state_key TEXT NOT NULL,
      event_id TEXT, -- null for stripped state
      sender TEXT NOT NULL,
      content TEXT NOT NULL, -- JSON
      PRIMARY KEY (room_id, type, state_key)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE room_member (
      room_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      membership TEXT NOT NULL,
      display_name TEXT,
      avatar TEXT,
      sender TEXT NOT NULL, -- who changed it last
      historic INTEGER NOT NULL, -- 1: from the state of an old event; anything newer wins
      PRIMARY KEY (room_id, user_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX room_member_by_membership ON room_member (room_id, membership)`,
    `CREATE INDEX room_member_by_name ON room_member (room_id, display_name)`,
    `CREATE TABLE event (
      id INTEGER PRIMARY KEY, -- also its row in the search index
      room_id TEXT NOT NULL,
      event_id TEXT NOT NULL,
      position INTEGER, -- its place in the timeline; null while it is known by a relation only
      item_id TEXT NOT NULL, -- what the interface calls it: the local echo's id where there was one
      sender TEXT NOT NULL,
      type TEXT NOT NULL, -- after decryption
      state_key TEXT,
      ts INTEGER NOT NULL,
      shown INTEGER NOT NULL, -- 0: no item of its own, 1: a notice of state, 2: a message
      content TEXT NOT NULL, -- JSON, after decryption
      prev_content TEXT, -- JSON, of state events
      source TEXT, -- an encrypted event as the server gave it, to be decrypted again
      session_id TEXT,
      utd_code TEXT, -- null where it was decrypted
      withheld_code TEXT,
      sender_membership TEXT, -- ours when it was sent (unsigned.membership)
      shield TEXT, -- 'color code'
      relation TEXT, -- rel_type
      relates_to TEXT, -- event id
      redacted_by TEXT,
      redaction_reason TEXT,
      notify INTEGER NOT NULL, -- by push rules: 0 nothing, 1 unread, 2 mention
      UNIQUE (room_id, event_id)
    ) STRICT`,
    `CREATE INDEX event_shown ON event (room_id, position) WHERE shown > 0 AND position IS NOT NULL`,
    `CREATE UNIQUE INDEX event_position ON event (room_id, position) WHERE position IS NOT NULL`,
    `CREATE INDEX event_relation ON event (room_id, relates_to) WHERE relates_to IS NOT NULL`,
    `CREATE INDEX event_undecryptable ON event (room_id, session_id) WHERE utd_code IS NOT NULL`,
    `CREATE INDEX event_notify ON event (room_id, position) WHERE notify > 0 AND position IS NOT NULL`,
    `CREATE TABLE timeline_gap (
      room_id TEXT NOT NULL,
      position INTEGER NOT NULL, -- of the event whose predecessors are missing
      token TEXT NOT NULL, -- for /messages, backwards
      PRIMARY KEY (room_id, position)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE receipt (
      room_id TEXT NOT NULL,
      user_id TEXT NOT NULL,
      event_id TEXT NOT NULL,
      ts INTEGER NOT NULL,
      position INTEGER, -- null while the event is not known
      PRIMARY KEY (room_id, user_id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX receipt_by_position ON receipt (room_id, position)`,
    `CREATE INDEX receipt_by_event ON receipt (room_id, event_id)`,
    `CREATE TABLE account_data (
      room_id TEXT NOT NULL, -- '' for the account's own
      type TEXT NOT NULL,
      content TEXT NOT NULL, -- JSON
      PRIMARY KEY (room_id, type)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE send_queue (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of sending
      room_id TEXT NOT NULL,
      item_id TEXT NOT NULL UNIQUE,
      txn_id TEXT NOT NULL UNIQUE, -- the same for every attempt
      type TEXT NOT NULL, -- before encryption
      content TEXT NOT NULL, -- JSON, before encryption
      target TEXT, -- event id of an edit, a reaction or a redaction: no item of its own
      created_at INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed')),
      error TEXT,
      ciphertext TEXT, -- JSON; sent again byte for byte once it exists
      event_id TEXT -- once the server has accepted it
    ) STRICT`,
    `CREATE INDEX send_queue_by_room ON send_queue (room_id, id)`,
    `CREATE VIRTUAL TABLE search_index USING fts5 (body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2', prefix='2 3')`,
  ],
};

import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 140,
  name: "drafts",
  statements: [
    `CREATE TABLE draft (
      room_id TEXT PRIMARY KEY,
      text TEXT NOT NULL,
      about_kind TEXT CHECK (about_kind IN ('reply', 'edit')), -- null for a message of its own
      about_event_id TEXT,
      mentions TEXT NOT NULL, -- JSON array of { text, userId }
      saved INTEGER NOT NULL -- counts up with each save: the lowest is the first to go
    ) STRICT`,
    // Requests to verify have a line in the timeline now.
    `UPDATE event SET shown = 1
     WHERE type = 'm.room.message' AND redacted_by IS NULL AND json_extract(content, '$.msgtype') = 'm.key.verification.request'
       AND (SELECT user_id FROM session) IN (sender, json_extract(content, '$.to'))`,
  ],
};

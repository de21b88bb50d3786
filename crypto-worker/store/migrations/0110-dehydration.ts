import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 110,
  name: "dehydration",
  statements: [
    `CREATE TABLE dehydration (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      pickle_key BLOB NOT NULL, -- as in secret storage: reads every dehydrated device of the user
      created_device_id TEXT, -- the one that we have put on the server
      created_ts INTEGER, -- ms
      self_signing_key TEXT, -- that has signed it
      rehydrated_device_id TEXT -- the one that we have read to its end
    ) STRICT`,
  ],
};

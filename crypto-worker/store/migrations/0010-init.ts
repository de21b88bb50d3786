import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 10,
  name: "init",
  statements: [
    `CREATE TABLE session (
      id INTEGER PRIMARY KEY CHECK (id = 1), -- one account a file
      homeserver TEXT NOT NULL, -- base URL
      user_id TEXT NOT NULL,
      device_id TEXT NOT NULL,
      access_token TEXT NOT NULL,
      refresh_token TEXT
    ) STRICT`,
    `CREATE TABLE custom_value (
      name TEXT PRIMARY KEY,
      value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
};

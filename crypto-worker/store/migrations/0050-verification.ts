import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 50,
  name: "verification",
  statements: [
    `CREATE TABLE signature_upload (
      position INTEGER PRIMARY KEY, -- order of sending
      id TEXT NOT NULL UNIQUE, -- of the request
      body TEXT NOT NULL -- JSON of POST /keys/signatures/upload
    ) STRICT`,
  ],
};

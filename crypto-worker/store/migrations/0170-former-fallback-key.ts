import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 170,
  name: "former-fallback-key",
  statements: [
    // JSON: those of fallback_keys that nothing more is awaited of but what is on its way, as a message came by them or nobody was given them.
    `ALTER TABLE account ADD COLUMN met_fallback_keys TEXT NOT NULL DEFAULT '[]'`,
    // Since when that is so of the one before the current one, and the current one is on the server; null while it is not.
    `ALTER TABLE account ADD COLUMN former_fallback_key_ts INTEGER`,
  ],
};

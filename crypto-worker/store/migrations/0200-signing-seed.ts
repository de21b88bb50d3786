import type { Migration } from "./migrations.ts";

export const migration: Migration = {
  version: 200,
  name: "signing-seed",
  statements: [
    // 32 bytes that the Ed25519 key in the pickle follows from, to sign with the platform's Ed25519; null for an account that libolm made.
    `ALTER TABLE account ADD COLUMN signing_seed BLOB`,
  ],
};

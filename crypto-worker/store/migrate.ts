import { hash } from "node:crypto";
import { freshSchema } from "./fresh-schema.ts";
import { migrations, type Migration } from "./migrations/migrations.ts";
import { StoreError, type Database } from "./types.ts";

type AppliedRow = { version: number; checksum: string };

/**
 * Brings the file to this build's schema in one transaction; one that had nothing gets no tables of the client. Migrations are append-only: one that was
 * applied with another text, or one that this build does not know, refuses the file rather than guessing.
 */
export function migrate(database: Database, known: readonly Migration[] = migrations): void {
  assertMonotonic(known);
  database.transaction(() => {
    database
      .prepare(
        `CREATE TABLE IF NOT EXISTS schema_migration (
          version INTEGER PRIMARY KEY,
          name TEXT NOT NULL,
          checksum TEXT NOT NULL -- sha-256 of the migration's text, hex
        ) STRICT`,
      )
      .run();
    const applied = new Map(
      database
        .prepare<AppliedRow>("SELECT version, checksum FROM schema_migration ORDER BY version")
        .all()
        .map((row) => [row.version, row.checksum]),
    );
    const newest = Math.max(0, ...known.map(({ version }) => version));
    for (const version of applied.keys()) if (version > newest) throw new StoreError("from-the-future");
    if (applied.size === 0) database.execute(schemaOf(known).machine);
    else
      makeClientTables(
        database,
        known.filter(({ version }) => applied.has(version)),
      );
    for (const migration of known) {
      const checksum = checksumOf(migration);
      const present = applied.get(migration.version);
      if (present === checksum) continue;
      if (present !== undefined) throw new StoreError("from-the-future");
      if (applied.size > 0) database.execute(migration.statements.join(";\n"));
      database
        .prepare("INSERT INTO schema_migration (version, name, checksum) VALUES (?, ?, ?)")
        .run(migration.version, migration.name, checksum);
    }
  });
}

/** Makes the client's tables as the `applied` migrations have them, where the file has none of them. */
export function makeClientTables(database: Database, applied: readonly Migration[] = migrations): void {
  const first = applied.find(({ part }) => part === "client")?.statements[0];
  const name = /^CREATE TABLE (\w+)/.exec(first ?? "")?.[1];
  if (name === undefined || database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").first(name) !== undefined) return;
  database.execute(schemaOf(applied).client);
}

const schemaOf = computedOnce(freshSchema);
const checksumOf = computedOnce((migration: Migration) => hash("sha256", migration.statements.join(";\n")));

function computedOnce<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}

function assertMonotonic(known: readonly Migration[]): void {
  let last = 0;
  for (const { version } of known) {
    if (version <= last) throw new Error("migrations must be listed in ascending order");
    last = version;
  }
}

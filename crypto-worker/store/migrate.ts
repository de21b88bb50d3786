import { hash } from "node:crypto";
import { freshSchema } from "./fresh-schema.ts";
import { laterParts, migrations, type LaterPart, type Migration } from "./migrations/migrations.ts";
import { StoreError, type Database } from "./types.ts";

type AppliedRow = { version: number; checksum: string };

/**
 * Brings the file to this build's schema in one transaction; one that had nothing gets the tables that every store needs. Migrations are append-only: one
 * that was applied with another text, or one that this build does not know, refuses the file rather than guessing.
 */
export function migrate(database: Database, known: readonly Migration[] = migrations): void {
  assertMonotonic(known);
  database.transaction(() => {
    const applied = appliedIn(database);
    const newest = Math.max(0, ...known.map(({ version }) => version));
    for (const version of applied.keys()) if (version > newest) throw new StoreError("from-the-future");
    if (applied.size === 0) return makeBaseTables(database, known);
    const missing = known.filter((migration) => {
      const present = applied.get(migration.version);
      if (present !== undefined && present !== checksumOf(migration)) throw new StoreError("from-the-future");
      return present === undefined;
    });
    if (missing.length === 0) return;
    // What comes next may change tables that were not needed yet.
    const before = known.filter((migration) => !missing.includes(migration));
    for (const part of laterParts) makeTables(database, part, before);
    for (const { statements } of missing) database.execute(statements.join(";\n"));
    database.execute(recordOf(missing));
  });
}

/** All that `migrate` gives a file that has nothing, for one that was made just now. Within a transaction. */
export function makeBaseTables(database: Database, known: readonly Migration[] = migrations): void {
  database.execute(`${MIGRATION_TABLE};\n${schemaOf(known).base};\n${recordOf(known)}`);
}

/** Whether the file has the tables of a part, all of which are made at once; also where these migrations know none. */
export function tablesAreMade(database: Database, part: LaterPart, applied: readonly Migration[] = migrations): boolean {
  const name = /^CREATE TABLE (\w+)/.exec(schemaOf(applied)[part])?.[1];
  return name === undefined || hasTable(database, name);
}

/** Makes the tables of a part as the `applied` migrations have them, where the file does not have them. */
export function makeTables(database: Database, part: LaterPart, applied: readonly Migration[] = migrations): void {
  if (!tablesAreMade(database, part, applied)) database.execute(schemaOf(applied)[part]);
}

const schemaOf = computedOnce(freshSchema);
const checksumOf = computedOnce((migration: Migration) => hash("sha256", migration.statements.join(";\n")));

const MIGRATION_TABLE = `CREATE TABLE IF NOT EXISTS schema_migration (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL -- sha-256 of the migration's text, hex
) STRICT`;

/** Our own texts: none of them has a quotation mark. */
const recordOf = computedOnce(
  (applied: readonly Migration[]) =>
    `INSERT INTO schema_migration (version, name, checksum) VALUES ${applied
      .map((migration) => `(${migration.version}, '${migration.name}', '${checksumOf(migration)}')`)
      .join(", ")}`,
);

function appliedIn(database: Database): ReadonlyMap<number, string> {
  if (!hasTable(database, "schema_migration")) return new Map();
  const rows = database.prepare<AppliedRow>("SELECT version, checksum FROM schema_migration ORDER BY version").all();
  return new Map(rows.map((row) => [row.version, row.checksum]));
}

const hasTable = (database: Database, name: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").first(name) !== undefined;

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

import type { Migration } from "./migrations/migrations.ts";

const ADDED_COLUMN = /^ALTER TABLE (\w+) ADD COLUMN ([^;]+)$/;
const OTHER_CHANGE = /^(?:ALTER|DROP) TABLE (\w+)\b/;
const CREATED_TABLE = /^CREATE TABLE (\w+) /;
const TABLE_CONSTRAINT = /\n\s*(?:PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK)\s*\(/;
const END_OF_COLUMNS = /\n\s*\)[^)]*$/;

/**
 * All migrations as one script for a file that has nothing yet. Columns that were added later stand in their table from the beginning, where ALTER TABLE
 * would put them: each of those makes SQLite read the whole schema anew.
 */
export function freshSchema(known: readonly Migration[]): string {
  const script: string[] = [];
  const tables = new Map<string, number>();
  for (const statement of known.flatMap(({ statements }) => statements)) {
    const [, changed = "", column] = ADDED_COLUMN.exec(statement) ?? OTHER_CHANGE.exec(statement) ?? [];
    const at = tables.get(changed);
    const table = at === undefined ? undefined : script[at];
    if (column !== undefined && at !== undefined && table !== undefined) {
      script[at] = withColumn(table, column);
      continue;
    }
    tables.delete(changed);
    const created = CREATED_TABLE.exec(statement)?.[1];
    if (created !== undefined) tables.set(created, script.length);
    script.push(statement);
  }
  return script.join(";\n");
}

function withColumn(table: string, column: string): string {
  const constraint = table.search(TABLE_CONSTRAINT);
  if (constraint >= 0) return `${table.slice(0, constraint)}\n      ${column},${table.slice(constraint)}`;
  return table.replace(END_OF_COLUMNS, (end) => `\n      , ${column}${end}`);
}

import type { Migration, TablePart } from "./migrations/migrations.ts";

/** Scripts that make what a file with nothing in it is to have. */
export type FreshSchema = Readonly<Record<TablePart, string>>;

const SUBJECT = /^(?:CREATE (?:VIRTUAL )?TABLE|CREATE (?:UNIQUE )?INDEX \w+ ON|ALTER TABLE|DROP TABLE) (\w+)\b/;
const ADDED_COLUMN = /^ALTER TABLE \w+ ADD COLUMN ([^;]+)$/;
const CREATED_TABLE = /^CREATE TABLE /;
const OTHER_CHANGE = /^(?:ALTER|DROP) /;
const CHANGED_ROWS = /^(?:UPDATE|DELETE) /;
const TABLE_CONSTRAINT = /\n\s*(?:PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK)\s*\(/;
const END_OF_COLUMNS = /\n\s*\)[^)]*$/;

/** `creation` is where its statement stands in the script; undefined where a column cannot be added to that. */
type Table = { readonly part: TablePart; creation: number | undefined };

/**
 * All migrations as scripts for a file that has nothing yet. Columns that were added later stand in their table from the beginning, where ALTER TABLE
 * would put them: each of those makes SQLite read the whole schema anew. Comments are left out: SQLite keeps the text of a table and parses it with each
 * opening.
 */
export function freshSchema(known: readonly Migration[]): FreshSchema {
  const scripts: Record<TablePart, string[]> = { machine: [], occasional: [], client: [] };
  const tables = new Map<string, Table>();
  for (const { statements, part = "machine" } of known)
    for (const statement of statements) {
      if (CHANGED_ROWS.test(statement)) continue;
      const name = SUBJECT.exec(statement)?.[1] ?? "";
      const table = tables.get(name) ?? { part, creation: undefined };
      tables.set(name, table);
      const script = scripts[table.part];
      const column = ADDED_COLUMN.exec(statement)?.[1];
      if (column !== undefined && table.creation !== undefined) {
        script[table.creation] = withColumn(script[table.creation] ?? "", column);
        continue;
      }
      if (OTHER_CHANGE.test(statement)) table.creation = undefined;
      else if (CREATED_TABLE.test(statement)) table.creation = script.length;
      script.push(statement);
    }
  const textOf = (part: TablePart): string => scripts[part].map(terse).join(";\n");
  return { machine: textOf("machine"), occasional: textOf("occasional"), client: textOf("client") };
}

function withColumn(table: string, column: string): string {
  const constraint = table.search(TABLE_CONSTRAINT);
  if (constraint >= 0) return `${table.slice(0, constraint)}\n      ${column},${table.slice(constraint)}`;
  return table.replace(END_OF_COLUMNS, (end) => `\n      , ${column}${end}`);
}

const terse = (statement: string): string => statement.replace(/--[^\n]*/g, "").replace(/\s+/g, " ");

import { laterParts, laterTables, type Migration, type TablePart } from "./migrations/migrations.ts";

/** Scripts that make what a file with nothing in it is to have. */
export type FreshSchema = Readonly<Record<TablePart, string>>;

const SUBJECT = /^(?:CREATE (?:VIRTUAL )?TABLE|CREATE (?:UNIQUE )?INDEX \w+ ON|ALTER TABLE|DROP TABLE) (\w+)\b/;
const ADDED_COLUMN = /^ALTER TABLE \w+ ADD COLUMN ([^;]+)$/;
const CREATED_TABLE = /^CREATE TABLE /;
const OTHER_CHANGE = /^(?:ALTER|DROP) /;
const CHANGED_ROWS = /^(?:INSERT|UPDATE|DELETE) /;
/** A table that is made anew is put aside first, and dropped when its rows are in the other. */
const PUT_ASIDE = /^ALTER TABLE (\w+) RENAME TO \1_before$/;
const DROPPED = /^DROP TABLE \w+_before$/;
const CREATED_INDEX = /^CREATE (?:UNIQUE )?INDEX (\w+) ON /;
const DROPPED_INDEX = /^DROP INDEX (\w+)$/;
const TABLE_CONSTRAINT = /\n\s*(?:PRIMARY KEY|UNIQUE|FOREIGN KEY|CHECK)\s*\(/;
const END_OF_COLUMNS = /\n\s*\)[^)]*$/;

/**
 * All migrations as scripts for a file that has nothing yet. Columns that were added later stand in their table from the beginning, where ALTER TABLE
 * would put them: each of those makes SQLite read the whole schema anew. Comments are left out: SQLite keeps the text of a table and parses it with each
 * opening.
 */
export function freshSchema(known: readonly Migration[]): FreshSchema {
  const scripts: Record<TablePart, string[]> = { base: [], olm: [], megolm: [], occasional: [], client: [] };
  /** Where a table's creation stands in its script, as long as a column can be added to it there. */
  const creations = new Map<string, number>();
  for (const statement of known.flatMap(({ statements }) => statements)) {
    if (CHANGED_ROWS.test(statement) || DROPPED.test(statement)) continue;
    const index = DROPPED_INDEX.exec(statement)?.[1];
    if (index !== undefined) {
      for (const script of Object.values(scripts)) blank(script, (earlier) => CREATED_INDEX.exec(earlier)?.[1] === index);
      continue;
    }
    const table = subjectOf(statement);
    const script = scripts[partOf(table)];
    if (PUT_ASIDE.test(statement)) {
      blank(script, (earlier) => subjectOf(earlier) === table);
      continue;
    }
    const column = ADDED_COLUMN.exec(statement)?.[1];
    const creation = creations.get(table);
    if (column !== undefined && creation !== undefined) {
      script[creation] = withColumn(script[creation] ?? "", column);
      continue;
    }
    if (CREATED_TABLE.test(statement)) creations.set(table, script.length);
    else if (OTHER_CHANGE.test(statement)) creations.delete(table);
    script.push(statement);
  }
  const textOf = (part: TablePart): string => scripts[part].filter(Boolean).map(terse).join(";\n");
  return {
    base: textOf("base"),
    olm: textOf("olm"),
    megolm: textOf("megolm"),
    occasional: textOf("occasional"),
    client: textOf("client"),
  };
}

/** Takes statements out and leaves the places of the others. */
function blank(script: string[], isMeant: (statement: string) => boolean): void {
  for (const [at, statement] of script.entries()) if (isMeant(statement)) script[at] = "";
}

function subjectOf(statement: string): string {
  return SUBJECT.exec(statement)?.[1] ?? "";
}

function partOf(table: string): TablePart {
  return laterParts.find((part) => laterTables[part].includes(table)) ?? "base";
}

function withColumn(table: string, column: string): string {
  const constraint = table.search(TABLE_CONSTRAINT);
  if (constraint >= 0) return `${table.slice(0, constraint)}\n      ${column},${table.slice(constraint)}`;
  return table.replace(END_OF_COLUMNS, (end) => `\n      , ${column}${end}`);
}

const terse = (statement: string): string => statement.replace(/--[^\n]*/g, "").replace(/\s+/g, " ");

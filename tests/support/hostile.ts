import { olm } from "../../crypto-worker/primitives/olm-library.ts";
import type { Database } from "../../crypto-worker/store/types.ts";
import type { Seeded } from "./seeded.ts";

/** Values that have broken parsers before. */
export const NASTY: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  1.5,
  -1,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "__proto__",
  "constructor",
  "\u0000",
  "\ud800",
  "\udfff\ud800",
  "x".repeat(70_000),
  "A".repeat(43),
  "@a:b",
  "!r:x",
  [],
  [null],
  Array.from({ length: 5000 }, () => 0),
  {},
  JSON.parse('{"__proto__":{"type":"x","polluted":true}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  Object.assign(Object.create(null), { a: 1 }),
  JSON.parse("[".repeat(3000) + "]".repeat(3000)),
  JSON.parse('{"a":'.repeat(3000) + "1" + "}".repeat(3000)),
];

const KEYS = ["__proto__", "constructor", "toString", "", "\ud800", "type", "x".repeat(5000)] as const;

/** A copy of `value` in which one thing somewhere is different: gone, nasty, renamed, doubled, cut short, or with one character changed. */
export function mutate(value: unknown, chance: Seeded): unknown {
  const descend = typeof value === "object" && value !== null && Object.keys(value).length > 0 && chance.chance(0.85);
  if (!descend) return mutateHere(value, chance);
  const keys = Object.keys(value);
  const key = keys[chance.int(0, keys.length - 1)] ?? "";
  if (Array.isArray(value)) {
    const index = Number(key);
    if (chance.chance(0.1)) return value.toSpliced(index, 1);
    if (chance.chance(0.1)) return value.toSpliced(index, 0, value[index]);
    return value.with(index, mutate(value[index], chance));
  }
  const entries = Object.entries(value);
  if (chance.chance(0.08)) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (chance.chance(0.08)) return withOwn(entries, chance.pick(...KEYS), NASTY[chance.int(0, NASTY.length - 1)]);
  if (chance.chance(0.08)) return Object.fromEntries(entries.map(([name, item]) => [name === key ? changeText(name, chance) : name, item]));
  return Object.fromEntries(entries.map(([name, item]) => [name, name === key ? mutate(item, chance) : item]));
}

/** As `JSON.parse` makes it: `__proto__` is a key like any other. */
function withOwn(entries: [string, unknown][], key: string, value: unknown): unknown {
  const copy: object = Object.fromEntries(entries);
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

function mutateHere(value: unknown, chance: Seeded): unknown {
  if (typeof value === "string" && value.length > 0 && chance.chance(0.6)) return changeText(value, chance);
  if (typeof value === "number" && chance.chance(0.4)) return value + chance.pick(1, -1, 0.5, 2 ** 31, -(2 ** 40));
  return NASTY[chance.int(0, NASTY.length - 1)];
}

function changeText(text: string, chance: Seeded): string {
  const at = chance.int(0, text.length - 1);
  switch (chance.int(0, 4)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + chance.pick("A", "/", "=", "\u0000", "\ud800", " ", "%") + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at + 1);
    case 3:
      return text + text;
    default:
      return text.slice(0, at) + text.charAt(at) + text.slice(at);
  }
}

/** Every row of every table, by table; rows as text. */
export function dump(database: Database, without: readonly string[] = []): ReadonlyMap<string, readonly string[]> {
  const names = database
    .prepare<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all();
  const tables = names.flatMap(({ name }) => (without.includes(name) ? [] : [name]));
  return new Map(tables.map((name) => [name, database.prepare(`SELECT * FROM "${name}"`).all().map(rowText).toSorted()]));
}

/** Names of the tables that differ. */
export function changedTables(before: ReturnType<typeof dump>, after: ReturnType<typeof dump>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)));
}

function rowText(row: object): string {
  return JSON.stringify(row, (_, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value));
}

const CLASSES = ["Account", "Session", "InboundGroupSession", "OutboundGroupSession", "PkEncryption", "PkDecryption", "SAS"] as const;

/** Counts the objects that libolm holds from now on. One that is freed twice throws. */
export function countOlmObjects(): () => number {
  let alive = 0;
  const library: unknown = olm();
  for (const name of CLASSES) {
    const classes = library as Record<string, (new () => { free(): void }) | undefined>;
    const Original = classes[name];
    if (Original === undefined) throw new Error(`libolm has no ${name}`);
    classes[name] = class extends Original {
      #freed = false;
      constructor() {
        super();
        alive += 1;
      }
      override free(): void {
        if (this.#freed) throw new Error(`${name} freed twice`);
        this.#freed = true;
        alive -= 1;
        super.free();
      }
    };
  }
  return () => alive;
}

/** Whether a hostile key has reached every object. */
export const isPolluted = (): boolean => "polluted" in {} || "polluted" in [];

class Undo extends Error {}

/** Does something within a transaction that is then rolled back, so that every try starts from the same state. */
export function undone<T>(database: Database, work: () => T): T {
  let result: { readonly value: T } | undefined;
  try {
    database.transaction(() => {
      result = { value: work() };
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  if (result === undefined) throw new Error("nothing was done");
  return result.value;
}

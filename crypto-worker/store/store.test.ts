import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Curve25519PublicKey, EventId, RoomId } from "../../protocol/ids.ts";
import { makeTables, migrate } from "./migrate.ts";
import { laterParts, laterTables, migrations } from "./migrations/migrations.ts";
import { openMemoryStore, openSqlCipherStore, type CryptoStore } from "./store.ts";
import { StoreError, type StoreErrorCode } from "./types.ts";

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);
const session = {
  homeserver: "https://example.org",
  userId: "@a:example.org",
  deviceId: "D",
  accessToken: "canary-token",
  refreshToken: null,
};

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bulkhead-store-"));
  path = join(folder, "account.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = (work: () => unknown): StoreErrorCode | "opened" => {
  try {
    work();
    return "opened";
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
};

const stores: readonly (readonly [string, () => CryptoStore])[] = [
  ["SQLCipher file", () => openSqlCipherStore({ path, key })],
  ["memory", openMemoryStore],
];

describe.each(stores)("unit of work on %s", (_name, open) => {
  let store: CryptoStore;
  beforeEach(() => {
    store = open();
  });
  afterEach(() => store.close());

  it("commits what a transaction wrote and runs effects after it", () => {
    const seen: boolean[] = [];
    store.transaction(() => {
      store.customValues.save("a", Uint8Array.of(1));
      store.afterCommit(() => seen.push(store.inTransaction));
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual([false]);
    expect([...(store.customValues.load("a") ?? [])]).toEqual([1]);
  });

  it("rolls back everything of the outermost transaction, tells the caches and drops the effects", () => {
    let rollbacks = 0;
    let effects = 0;
    store.onRollback(() => (rollbacks += 1));
    const failing = (): void =>
      store.transaction(() => {
        store.customValues.save("outer", Uint8Array.of(1));
        store.afterCommit(() => (effects += 1));
        store.transaction(() => {
          store.customValues.save("inner", Uint8Array.of(2));
          throw new Error("boom");
        });
      });
    expect(failing).toThrow("boom");
    expect(store.customValues.load("outer")).toBeUndefined();
    expect(store.customValues.load("inner")).toBeUndefined();
    expect([rollbacks, effects, store.inTransaction]).toEqual([1, 0, false]);
    store.transaction(() => store.customValues.save("later", Uint8Array.of(3)));
    expect(effects).toBe(0);
  });

  it("keeps one session row", () => {
    store.session.save(session);
    store.session.save({ ...session, accessToken: "second", refreshToken: "r" });
    expect(store.session.load()).toEqual({ ...session, accessToken: "second", refreshToken: "r" });
  });

  it("accepts a durability request inside a transaction only", () => {
    expect(() => store.requireDurability()).toThrow();
    store.transaction(() => {
      store.customValues.save("a", Uint8Array.of(1));
      store.requireDurability();
    });
    expect(store.customValues.load("a")).toBeDefined();
  });
});

describe("the SQLCipher file", () => {
  const create = (): void => {
    const store = openSqlCipherStore({ path, key, mode: "create" });
    store.session.save(session);
    store.close();
  };

  it("survives closing and opening in the same process", () => {
    create();
    const again = openSqlCipherStore({ path, key, mode: "open" });
    expect(again.session.load()).toEqual(session);
    again.close();
  });

  it("has no plaintext in the file or its log", () => {
    const store = openSqlCipherStore({ path, key });
    store.session.save(session);
    for (const file of [path, `${path}-wal`]) expect(readFileSync(file).includes("canary-token")).toBe(false);
    expect(readFileSync(path).subarray(0, 15).toString("latin1")).not.toBe("SQLite format 3");
    store.close();
  });

  it("answers a wrong key with a typed error and leaves the file as it was", () => {
    create();
    const before = readFileSync(path);
    expect(codeOf(() => openSqlCipherStore({ path, key: otherKey }))).toBe("wrong-key");
    expect(readFileSync(path).equals(before)).toBe(true);
    openSqlCipherStore({ path, key }).close();
  });

  it.each([
    ["to nothing", 0],
    ["within the first page", 1000],
    ["after the first page", 5000],
    ["by one page", -4096],
  ])("calls a file truncated %s corrupt, never empty", (_name, size) => {
    create();
    truncateSync(path, size < 0 ? statSync(path).size + size : size);
    const before = readFileSync(path);
    const outcome = codeOf(() => {
      const store = openSqlCipherStore({ path, key });
      try {
        store.session.load();
      } finally {
        store.close();
      }
    });
    expect(outcome).toBe("corrupt");
    expect(readFileSync(path).subarray(0, 1000).equals(before.subarray(0, 1000))).toBe(true);
  });

  it("calls a flipped bit in the first page corrupt, not a wrong key", () => {
    create();
    const bytes = readFileSync(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(codeOf(() => openSqlCipherStore({ path, key }))).toBe("corrupt");
  });

  it("is never created over or beside what is left of another", () => {
    create();
    expect(codeOf(() => openSqlCipherStore({ path, key, mode: "create" }))).toBe("already-exists");
    rmSync(path);
    expect(codeOf(() => openSqlCipherStore({ path, key, mode: "open" }))).toBe("missing");
    writeFileSync(`${path}-wal`, "left behind");
    expect(codeOf(() => openSqlCipherStore({ path, key }))).toBe("corrupt");
    expect(existsSync(path)).toBe(false);
  });

  it("is begun anew where nothing was left of it, as long as no commit had to last", () => {
    const works = (): void => {
      openSqlCipherStore({ path, key }).close();
      for (const suffix of ["", ".key-check"]) rmSync(path + suffix);
    };
    writeFileSync(path, "");
    works();
    writeFileSync(path, new Uint8Array(4096));
    writeFileSync(`${path}-wal`, "torn");
    works();
    writeFileSync(`${path}-wal`, "left behind");
    writeFileSync(`${path}.key-check`, "cut");
    works();
  });

  it("opens from whatever a power cut leaves of its creation", () => {
    const store = openSqlCipherStore({ path, key });
    store.session.save(session);
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    store.close();
    const frames = Math.floor(log.length / 4120);
    let withSession = 0;
    for (const cut of [0, 20, 32, 100, 4152, 4200, ...[5, 10, 20, frames - 1, frames].map((count) => 32 + count * 4120)]) {
      for (const suffix of ["-wal", ".key-check"]) rmSync(path + suffix, { force: true });
      writeFileSync(path, file);
      if (cut > 0) writeFileSync(`${path}-wal`, log.subarray(0, cut));
      const again = openSqlCipherStore({ path, key });
      if (again.session.load() !== undefined) withSession += 1;
      again.session.save(session);
      expect(again.session.load()).toEqual(session);
      again.close();
    }
    expect(withSession).toBe(1);
  });

  it("is relied on from the first commit that has to last, and never begun anew from then on", () => {
    const store = openSqlCipherStore({ path, key });
    store.session.save(session);
    expect(existsSync(`${path}.key-check`)).toBe(false);
    store.transaction(() => {
      store.customValues.save("a", Uint8Array.of(1));
      store.requireDurability();
    });
    const left = [path, `${path}-wal`, `${path}.key-check`].map((name) => [name, readFileSync(name)] as const);
    store.close();
    const restore = (): void => {
      for (const [name, bytes] of left) writeFileSync(name, bytes);
    };
    restore();
    const again = openSqlCipherStore({ path, key });
    expect(again.session.load()).toEqual(session);
    again.close();
    for (const lose of [() => rmSync(`${path}-wal`), () => truncateSync(path, 0), () => rmSync(path)]) {
      restore();
      lose();
      expect(codeOf(() => openSqlCipherStore({ path, key }))).toBe("corrupt");
    }
  });

  it.each([
    ["zeros", 32],
    ["nothing", 0],
    ["a part", 20],
  ])("opens where a power cut left %s of its key check, and writes that again", (_name, length) => {
    create();
    const check = readFileSync(`${path}.key-check`);
    writeFileSync(`${path}.key-check`, new Uint8Array(length));
    const again = openSqlCipherStore({ path, key, mode: "open" });
    expect(again.session.load()).toEqual(session);
    again.close();
    expect(readFileSync(`${path}.key-check`).equals(check)).toBe(true);
  });

  it("refuses a second process on the same file, and serves it when the first has died", () => {
    create();
    const program = `
      import { openSqlCipherStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
      try { openSqlCipherStore({ path: process.argv[1], key: new Uint8Array(32).fill(7) }).session.load(); console.log("opened"); process.kill(process.pid, "SIGKILL"); }
      catch (error) { console.log(error.code); }`;
    const other = (): string =>
      spawnSync(process.execPath, ["--input-type=module", "-e", program, path], { encoding: "utf8" }).stdout.trim();
    const store = openSqlCipherStore({ path, key });
    store.session.load();
    expect(other()).toBe("in-use");
    store.close();
    expect(other()).toBe("opened");
    openSqlCipherStore({ path, key }).close();
  });

  it.skipIf(process.platform === "win32")("reports a disk that cannot be written", () => {
    create();
    // Root ignores permission bits, so the file is opened through a read-only mount's nearest kin: SQLite's own switch.
    const store = openSqlCipherStore({ path, key });
    store.prepare("PRAGMA query_only = ON").run();
    expect(codeOf(() => store.transaction(() => store.customValues.save("a", Uint8Array.of(1))))).toBe("read-only");
    store.close();
    if (process.getuid?.() !== 0) {
      chmodSync(path, 0o400);
      expect(codeOf(() => openSqlCipherStore({ path, key }))).toBe("read-only");
    }
  });

  it("moves a long log into the file when nobody waits for it, and leaves a short one alone", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const store = openSqlCipherStore({ path, key });
    const [small, big] = [new Uint8Array(10), new Uint8Array(6 * 1024 * 1024).fill(9)];
    const fileBytes = (): number => statSync(path).size;
    const save = (name: string, value: Uint8Array): void =>
      store.transaction(() => {
        store.customValues.save(name, value);
        store.requireDurability();
      });
    save("small", small);
    vi.advanceTimersByTime(5000);
    expect(fileBytes()).toBe(4096);
    save("big", big);
    expect(fileBytes()).toBe(4096);
    vi.advanceTimersByTime(5000);
    expect(fileBytes()).toBeGreaterThan(big.length);
    // What is relied on next goes to the beginning of the same log.
    const logBytes = statSync(`${path}-wal`).size;
    save("last", small);
    expect(statSync(`${path}-wal`).size).toBe(logBytes);
    const copy = `${path}.copy`;
    for (const suffix of ["", "-wal", ".key-check"]) copyFileSync(path + suffix, copy + suffix);
    const after = openSqlCipherStore({ path: copy, key });
    expect(["small", "big", "last"].map((name) => after.customValues.load(name)?.length)).toEqual([10, big.length, 10]);
    for (const opened of [store, after]) opened.close();
    vi.advanceTimersByTime(5000);
  });

  it("reports a full disk, rolls back and goes on when there is room again", () => {
    const store = openSqlCipherStore({ path, key });
    store.prepare("PRAGMA max_page_count = 60").all();
    const write = (): void => store.transaction(() => store.customValues.save("big", new Uint8Array(1_000_000)));
    expect(codeOf(write)).toBe("disk-full");
    expect(store.customValues.load("big")).toBeUndefined();
    store.prepare("PRAGMA max_page_count = 100000").all();
    expect(codeOf(write)).toBe("opened");
    store.close();
  });

  it("refuses a file from a later version and leaves it alone", () => {
    const store = openSqlCipherStore({ path, key });
    store.prepare("INSERT INTO schema_migration (version, name, checksum) VALUES (999999, 'future', 'x')").run();
    store.close();
    expect(codeOf(() => openSqlCipherStore({ path, key }))).toBe("from-the-future");
  });

  it("has the same schema whether it grew or was made at once", () => {
    const schemaOf = (store: CryptoStore): unknown => {
      const objects = store.prepare<{ name: string }>("SELECT type, name, tbl_name FROM sqlite_schema ORDER BY name").all();
      return objects.map((object) => [
        object,
        store.prepare("SELECT * FROM pragma_table_xinfo(?)").all(object.name),
        store.prepare("SELECT * FROM pragma_foreign_key_list(?)").all(object.name),
      ]);
    };
    const [made, grown] = [openMemoryStore(), openMemoryStore()];
    made.accountData.save("a", {});
    made.olmHashes.add(new Uint8Array(32), 0);
    made.megolmMessageIndices.claim(1, 0, "$event" as EventId, 0);
    made.secretsInbox.save({ name: "m.megolm_backup.v1", secret: new Uint8Array(32) });
    for (const { name } of grown.prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").all())
      if (!/^sqlite_|^search_index_/.test(name)) grown.execute(`DROP TABLE ${name}`);
    for (let count = 1; count <= migrations.length; count++) migrate(grown, migrations.slice(0, count));
    expect(schemaOf(grown)).toEqual(schemaOf(made));
    for (const store of [made, grown]) store.close();
  });

  const tablesOf = (store: CryptoStore): string[] =>
    store
      .prepare<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => name);

  it("gets the tables of a client with the first row for any, again where that was rolled back, and is read as empty before", () => {
    const store = openSqlCipherStore({ path, key });
    const save = (): void => store.accountData.save("a", { b: 1 });
    expect([store.rooms.joined(), store.accountData.load("a"), store.drafts.trim(1)]).toEqual([[], undefined, undefined]);
    const failing = (): void =>
      store.transaction(() => {
        save();
        expect(store.accountData.load("a")).toEqual({ b: 1 });
        throw new Error("boom");
      });
    expect(failing).toThrow("boom");
    expect(tablesOf(store)).not.toContain("room");
    expect(store.accountData.load("a")).toBeUndefined();
    save();
    expect(tablesOf(store)).toEqual(expect.arrayContaining(["room", "account_data", "draft", "search_index"]));
    expect(tablesOf(store)).not.toContain("secret_request");
    expect(laterTables.client.filter((name) => !tablesOf(store).includes(name))).toEqual([]);
    store.close();
    const again = openSqlCipherStore({ path, key });
    expect(again.accountData.load("a")).toEqual({ b: 1 });
    again.close();
  });

  it("has no module whose statements are about tables of two parts, of which one may not be there", () => {
    const modules = new URL("./tables/", import.meta.url);
    for (const file of readdirSync(modules).filter((name) => !name.endsWith(".test.ts"))) {
      const code = readFileSync(new URL(file, modules), "utf8");
      const named = [...code.matchAll(/\bWITH RECURSIVE ([a-z_]+)\b/g)].map(([, name]) => name);
      const mentioned = [...code.matchAll(/\b(?:FROM|INTO|UPDATE|JOIN) ([a-z_]+)\b(?!\()/g)].map(([, name = ""]) => name);
      const tables = mentioned.filter((name) => !named.includes(name));
      const parts = tables.map((name) => laterParts.find((part) => laterTables[part].includes(name)) ?? "base");
      expect([file, new Set(parts).size]).toEqual([file, 1]);
    }
  });

  it("gets every table before later migrations are applied", () => {
    const store = openMemoryStore();
    for (const name of tablesOf(store)) if (!name.startsWith("sqlite_")) store.execute(`DROP TABLE ${name}`);
    migrate(
      store,
      migrations.filter(({ version }) => version <= 90),
    );
    expect(tablesOf(store)).not.toContain("event");
    migrate(store);
    expect(tablesOf(store)).toEqual(expect.arrayContaining(["room", "secret_request", "history_share"]));
    expect(store.prepare<{ name: string }>("SELECT name FROM pragma_table_info('event')").all()).toContainEqual({ name: "forwarder" });
    store.close();
  });

  it("keeps sessions and marks of messages when their tables are made anew", () => {
    const store = openMemoryStore();
    for (const name of tablesOf(store)) if (!name.startsWith("sqlite_")) store.execute(`DROP TABLE ${name}`);
    const before = migrations.filter(({ version }) => version < 160);
    migrate(store, before);
    for (const part of ["olm", "megolm"] as const) makeTables(store, part, before);
    const [made, seen] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)];
    const hash = new Uint8Array(32).fill(5);
    store.execute(`
      INSERT INTO olm_session VALUES ('S1', 'CURVE', 'one', ${made}, 1), ('S2', 'CURVE', 'two', ${made}, 2);
      INSERT INTO olm_hash VALUES (x'${Buffer.from(hash).toString("hex")}', ${seen});
      INSERT INTO inbound_group_session (id, session_id, room_id, sender_key, ratchet, first_known_index, imported, shared_history, sender_kind,
        sender_flags, backup_version) VALUES (7, 'M', '!r', 'K', x'01', 3, 0, 1, 0, 1, '4')`);
    migrate(store);
    migrate(store);
    expect(
      store.olmSessions
        .withDevice("CURVE" as Curve25519PublicKey)
        .map(({ sessionId, pickle, createdTs }) => [sessionId, pickle, createdTs]),
    ).toEqual([
      ["S2", "two", made],
      ["S1", "one", made],
    ]);
    expect([store.olmHashes.has(hash), store.olmHashes.has(new Uint8Array(32))]).toEqual([true, false]);
    expect(store.inboundGroupSessions.find("!r" as RoomId, "M")).toMatchObject({
      id: 7,
      senderKey: "K",
      ratchet: { sessionId: "M", firstKnownIndex: 3, bytes: Buffer.from([1]) },
      sharedHistory: true,
      senderData: { kind: "unknownDevice", legacy: true },
      backupVersion: "4",
    });
    expect(tablesOf(store).filter((name) => name.endsWith("_before"))).toEqual([]);
    store.close();
  });

  it("keeps shares of room keys, and sends again those that no server has acknowledged", () => {
    const store = openMemoryStore();
    for (const name of tablesOf(store)) if (!name.startsWith("sqlite_")) store.execute(`DROP TABLE ${name}`);
    const before = migrations.filter(({ version }) => version < 190);
    migrate(store, before);
    makeTables(store, "megolm", before);
    store.execute(`
      INSERT INTO outbound_group_session VALUES ('!r', 'S', 'P', 0, 0, 0, 0, 'shared');
      INSERT INTO room_key_share VALUES ('t1', '!r', 0, 0, '[]', NULL), ('t2', '!r', 0, 1, '[]', '{"b":1}')`);
    migrate(store);
    const room = "!r" as RoomId;
    expect(store.roomKeyShares.ofRoom(room).map(({ requestId, messages }) => [requestId, messages])).toEqual([
      ["t1", undefined],
      ["t2", '{"b":1}'],
    ]);
    expect(store.roomKeyShares.pending().map(({ requestId }) => requestId)).toEqual(["t2"]);
    expect([store.roomKeyShares.acknowledge("t1"), store.roomKeyShares.acknowledge("t2"), store.roomKeyShares.acknowledge("t2")]).toEqual([
      undefined,
      room,
      undefined,
    ]);
    expect(store.roomKeyShares.pending()).toEqual([]);
    const kept = (): unknown => store.prepare("SELECT request_id AS id, messages FROM room_key_share WHERE messages IS NOT NULL").all();
    expect(kept()).toEqual([{ id: "t2", messages: '{"b":1}' }]);
    store.roomKeyShares.insert({ requestId: "t3", roomId: room, withheld: false, messageIndex: 2, recipients: [], messages: "{}" });
    expect(kept()).toEqual([{ id: "t3", messages: "{}" }]);
    store.close();
  });

  it("finds marks of messages of any time, and forgets those of whole periods", () => {
    const store = openMemoryStore();
    const DAY = 24 * 60 * 60 * 1000;
    const hashes = [0, 40, 100, 4000].map((day) => ({ day, hash: new Uint8Array(32).fill(day % 251) }));
    for (const { day, hash } of hashes) store.olmHashes.add(hash, day * DAY);
    const found = (): number[] => hashes.filter(({ hash }) => store.olmHashes.has(hash)).map(({ day }) => day);
    expect(found()).toEqual([0, 40, 100, 4000]);
    store.olmHashes.removeBefore(50 * DAY);
    expect(found()).toEqual([40, 100, 4000]);
    store.olmHashes.removeBefore(61 * DAY);
    expect(found()).toEqual([100, 4000]);
    store.close();
  });

  it("applies a migration once and refuses one whose text was changed", () => {
    const store = openMemoryStore();
    const step = { version: 900_000, name: "probe", statements: ["CREATE TABLE probe (a INTEGER) STRICT"] };
    const known = [step];
    const run = (list: typeof known) => (): void => {
      store.prepare("DELETE FROM schema_migration WHERE version < 900000").run();
      migrate(store, list);
    };
    run(known)();
    run(known)();
    expect(codeOf(run([{ ...step, statements: ["CREATE TABLE probe (b INTEGER) STRICT"] }]))).toBe("from-the-future");
    expect(() => migrate(store, [step, { ...step, version: 5 }])).toThrow("ascending");
    store.close();
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Diagnostics } from "./diagnostics.ts";
import { Log } from "./log.ts";
import { openLogFile, readLogLines } from "./log-file.ts";
import { isLogWord, parseLogLine } from "./log-line.ts";

let folder: string;
let logPath: string;
let target: string | undefined;
let diagnostics: Diagnostics;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "diagnostics-"));
  logPath = join(folder, "logs", "bulkhead.log");
  target = join(folder, "report.txt");
  diagnostics = new Diagnostics({ logPath, facts: () => ({ Bulkhead: "0.1.0" }), askWhere: () => Promise.resolve(target) });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What must never stand in a log, in the shapes that Matrix gives it. */
const TELLING: readonly string[] = [
  "@ada:example.org",
  "!kRTxLEXampleRoomId:example.org",
  "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg",
  "#harbour:example.org",
  "mxc://example.org/SEsfnsuifSDFSSEF",
  "syt_YWRh_QsuFjQzkQwLfWHsLRSgP_3mhZxQ",
  "mat_Qs1uFjQzkQ6wLfWHsLRSgP8mhZxQ",
  "wTVNhFCRf9PeFlTTGzpBaLTcBQpdAw2K4sTo6Zl0Jpw",
  "f1e2d3c4b5a697887766554433221100ffeeddccbbaa99887766554433221100",
  "EsTc RReX gLmn 5hbn wwww",
  "the password is hunter2",
  "/home/ada/.config/bulkhead",
  "https://matrix.example.org/_matrix/client/v3/sync?access_token=x",
];
const PLAIN: readonly string[] = [
  "protocol-mismatch",
  "verified-user-unsigned-device",
  "too-many-requests-in-flight",
  "receiveSync",
  "TypeError",
  "sync-loop.ts:92:13",
  "entry.js:28176:7",
  "0.1.0",
  "2026-11-23T05:11:20.000Z",
  "clean-exit",
];

test("words of ours are logged, ids, keys, tokens and sentences are not", () => {
  expect(TELLING.filter(isLogWord)).toEqual([]);
  expect(PLAIN.filter((word) => !isLogWord(word))).toEqual([]);
});

test("of a line only known fields pass, and only values that may", () => {
  const line = JSON.stringify({
    event: "x.happened",
    ms: 3,
    soft: true,
    userId: "ada",
    kind: TELLING[0],
    body: "hello",
    code: "offline",
    count: null,
  });
  expect(parseLogLine(line)).toBe('{"event":"x.happened","ms":3,"soft":true,"code":"offline"}');
  for (const other of ["", "plain", "[]", "{}", '{"ms":3}', '{"event":"@ada:example.org"}', `{"event":"x","a":"${"y".repeat(5000)}"}`])
    expect(parseLogLine(other)).toBeUndefined();
});

test("the report holds the facts and the newest lines, from older files too, and nothing that an old version let through", () => {
  const sink = openLogFile(logPath, 2000);
  const log = new Log("main", [sink]);
  for (let n = 0; n < 40; n++) log.info("sync.caught-up", { count: n });
  for (const telling of TELLING) sink(JSON.stringify({ event: "old.version", kind: telling, note: telling }));
  sink("a line that is no line");
  log.info("sync.caught-up", { count: 1000 });
  const text = diagnostics.compose();
  expect(text.startsWith("Bulkhead: 0.1.0\n\n{")).toBe(true);
  for (const telling of TELLING) expect(text).not.toContain(telling);
  expect(text).not.toContain("no line");
  const counts = [...text.matchAll(/"count":(\d+)/g)].map(([, count]) => Number(count));
  expect(counts.at(-1)).toBe(1000);
  expect(counts.length).toBeGreaterThan(25);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
});

test("lines are read up to a bound, the newest first to be kept", () => {
  const sink = openLogFile(logPath);
  for (const line of ["one", "two", "three"]) sink(line);
  expect(readLogLines(logPath, 10)).toEqual(["two", "three"]);
  expect(readLogLines(join(folder, "nowhere.log"), 10)).toEqual([]);
});

test("what is saved is exactly what was shown, for its owner only, and only after it was shown", async () => {
  await expect(diagnostics.save()).rejects.toMatchObject({ code: "not-found" });
  const log = new Log("main", [openLogFile(logPath)]);
  log.info("app.start", { version: "0.1.0" });
  const shown = diagnostics.compose();
  log.info("app.quit", {});
  expect(await diagnostics.save()).toBe(true);
  const path = join(folder, "report.txt");
  expect(readFileSync(path, "utf8")).toBe(shown);
  if (process.platform !== "win32") expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a person who chooses no file gets none", async () => {
  target = undefined;
  diagnostics.compose();
  expect(await diagnostics.save()).toBe(false);
});

test("a file that is there already is replaced whole", async () => {
  writeFileSync(join(folder, "report.txt"), "x".repeat(10_000));
  const shown = diagnostics.compose();
  await diagnostics.save();
  expect(readFileSync(join(folder, "report.txt"), "utf8")).toBe(shown);
});

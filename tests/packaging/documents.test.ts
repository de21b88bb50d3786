// What the documents say about the code is compared with it: places that they name, and lists that must be complete.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FuseV1Options } from "@electron/fuses";
import { describe, expect, test } from "vitest";
import { fusesFor } from "../../build/packaging/fuses.ts";
import { utdSchema } from "../../protocol/messages/timeline-item.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const documents = ["SECURITY.md", ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : []))];

/** How far code may have moved before a document that names its line is taken for old. */
const DRIFT = 40;

describe.each(documents)("%s", (name) => {
  const text = read(name);

  test("names files and folders that exist", () => {
    const named = [...text.matchAll(/`((?:main|crypto-worker|renderer|preload|protocol|build|tools|tests|docs)\/[\w./-]+?)(?::\d+)?`/g)];
    // A test file may be named without its ending.
    const exists = (path: string): boolean => existsSync(join(root, path)) || existsSync(join(root, `${path}.test.ts`));
    const missing = named.map(([, path]) => path ?? "").filter((path) => !exists(path));
    expect(missing).toEqual([]);
  });

  test("links to documents that exist", () => {
    const links = [...text.matchAll(/\]\(([^)#:]+\.md)(?:#[^)]*)?\)/g)].map(([, path]) => path ?? "");
    const from = name.startsWith("docs/") ? "docs" : ".";
    expect(links.filter((path) => !existsSync(join(root, from, path)))).toEqual([]);
  });

  test("quotes code where it is", () => {
    const quotes = [...text.matchAll(/`([\w./-]+):(\d+)` \(`([^`]+)`\)/g)];
    const gone = quotes.flatMap(([, path = "", line = "", code = ""]) => {
      const at = read(path)
        .split("\n")
        .flatMap((each, index) => (each.includes(code) ? [index + 1] : []));
      return at.some((found) => Math.abs(found - Number(line)) <= DRIFT)
        ? []
        : [`${path}:${line} ${code}, found at ${at.join(", ") || "no line"}`];
    });
    expect(gone).toEqual([]);
  });
});

test("the reasons of undecryptable messages are all explained", () => {
  const text = read("docs/how-encryption-can-fail.md");
  const all = [...utdSchema.shape.code.options, ...utdSchema.shape.cause.options];
  expect(all.filter((word) => !text.includes(`\`${word}\``))).toEqual([]);
  const decided = [...read("crypto-worker/client/timeline/utd-cause.ts").matchAll(/"((?:m|io)\.[\w.]+)"/g)].map(([, code]) => code ?? "");
  expect(decided.length).toBeGreaterThan(1);
  expect(decided.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
});

test("Electron's checklist is answered item by item, and every fuse is named as it is set", () => {
  const text = read("docs/security.md");
  const items = [...text.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|$/gm)];
  expect(items.map(([, number]) => Number(number))).toEqual(Array.from({ length: 20 }, (_item, index) => index + 1));
  const fuses = fusesFor("darwin");
  const named = new Map([...text.matchAll(/^\| (\w+) \| (on|off)[^|]*\|/gm)].map(([, fuse = "", state = ""]) => [fuse, state]));
  for (const [index, isOn] of Object.entries(fuses)) expect(named.get(FuseV1Options[Number(index)] ?? ""), index).toBe(isOn ? "on" : "off");
});

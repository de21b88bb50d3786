import { expect, test } from "vitest";
import { piecesOf, problemOf } from "./key-file.ts";

const HEAD = "-----BEGIN MEGOLM SESSION DATA-----\n";
const source = (...parts: BlobPart[]) => ({ name: "keys.txt", blob: new Blob(parts) });

test("only what begins like an export of keys is taken", async () => {
  expect(await problemOf(source(HEAD, "AXNhbHQ"))).toBeNull();
  expect(await problemOf(source("\ufeff\r\n", HEAD))).toBeNull();
  expect(await problemOf(source("hello"))).toBe("keys.import.notKeys");
  expect(await problemOf(source(""))).toBe("keys.import.notKeys");
  expect(await problemOf(source("x".repeat(5000), HEAD))).toBe("keys.import.notKeys");
});

test("a file goes over in pieces and comes out whole, whatever lies across their borders", async () => {
  const text = `${HEAD}${"é€😀".repeat(300_000)}`;
  const pieces: string[] = [];
  for await (const piece of piecesOf(source(text))) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.every((piece) => piece.length <= 1024 * 1024)).toBe(true);
  expect(pieces.join("")).toBe(text);
});

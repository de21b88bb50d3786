import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decryptRoomKeyFile, encryptRoomKeyFile } from "../../machine/megolm/room-key-file.ts";
import { systemEnv } from "../../primitives/system-env.ts";
import { JsonArraySplitter } from "./json-array-splitter.ts";
import { KeyFileReader } from "./key-file-reader.ts";
import { KeyFileWriter } from "./key-file-writer.ts";

const never = new AbortController().signal;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

async function write(parts: readonly string[]): Promise<string> {
  const writer = await KeyFileWriter.start("pässword", systemEnv);
  return parts.map((part) => writer.write(part)).join("") + writer.end();
}

async function read(file: string, pieceLength: number, passphrase = "pässword"): Promise<string> {
  const reader = new KeyFileReader();
  for (let at = 0; at < file.length; at += pieceLength) {
    const appended = reader.append(file.slice(at, at + pieceLength));
    if (!appended.ok) return appended.error;
  }
  const opened = await reader.open(passphrase, never);
  if (!opened.ok) return opened.error;
  return Buffer.concat([...opened.value.read()]).toString("utf8");
}

describe("a file that is written in pieces", () => {
  test.each([[["[", '{"a":"ü"}', "]"]], [["[]"]], [[`["${"x".repeat(100_000)}"]`]]])(
    "is the file that is written at once (%#)",
    async (parts) => {
      const file = await write(parts);
      expect(decryptRoomKeyFile(file, "pässword")).toEqual({ ok: true, value: JSON.parse(parts.join("")) });
      expect(file).toMatch(/^-----BEGIN MEGOLM SESSION DATA-----\n(?:[A-Za-z0-9+/=]{1,96}\n)+-----END MEGOLM SESSION DATA-----\n$/);
    },
  );

  test.each([1, 7, 95, 4096, 1_000_000])("is read in pieces of %i", async (length) => {
    const file = await write(["[", '{"a":"ü"},'.repeat(200), "1]"]);
    expect(await read(file, length)).toBe(`[${'{"a":"ü"},'.repeat(200)}1]`);
  });
});

describe("a file that is read in pieces", () => {
  const made = encryptRoomKeyFile([], "pässword", 1000, systemEnv);
  const file = made.ok ? made.value : "";

  test("comes from another program, with other line ends and text around it", async () => {
    expect(await read(file, 13)).toBe("[]");
    expect(await read(`Keys:\r\n${file.replaceAll("\n", "\r\n  ")}\r\nthe end - or so -`, 13)).toBe("[]");
  });

  test("a wrong passphrase and a changed byte look the same; nothing is decrypted", async () => {
    expect(await read(file, 50, "password")).toBe("wrong-passphrase");
    const at = file.indexOf("\n") + 70;
    const changed = file.slice(0, at) + (file[at] === "A" ? "B" : "A") + file.slice(at + 1);
    expect(await read(changed, 50)).toBe("wrong-passphrase");
  });

  test.each([
    ["nothing", ""],
    ["another file", "-----BEGIN PGP MESSAGE-----\nAAAA\n-----END PGP MESSAGE-----"],
    ["half a file", file.slice(0, file.length / 2)],
    ["another end", file.replace("-----END MEGOLM", "-----END OTHER")],
    ["what is no base64", file.replace("\n", "\n%")],
    ["no content", "-----BEGIN MEGOLM SESSION DATA-----\nAAAA\n-----END MEGOLM SESSION DATA-----"],
    ["much text before it", `${"x".repeat(70_000)}${file}`],
  ])("%s is malformed", async (_, text) => {
    expect(await read(text, 1000)).toBe("malformed");
  });

  test("rounds that would take minutes are refused", async () => {
    const bytes = Buffer.from(file.split("\n").slice(1, -2).join(""), "base64");
    bytes.writeUInt32BE(4_000_000_000, 33);
    const hostile = `-----BEGIN MEGOLM SESSION DATA-----\n${bytes.toString("base64")}\n-----END MEGOLM SESSION DATA-----`;
    expect(await read(hostile, 1000)).toBe("malformed");
  });
});

describe("a JSON array in pieces", () => {
  const split = (text: string, length: number): string[] | undefined => {
    const splitter = new JsonArraySplitter();
    const entries: string[] = [];
    const bytes = utf8(text);
    for (let at = 0; at < bytes.length; at += length) {
      const found = splitter.push(bytes.subarray(at, at + length));
      if (found === undefined) return undefined;
      entries.push(...found);
    }
    return splitter.end() ? entries : undefined;
  };

  test.each([1, 2, 3, 5, 17, 1000])("is taken apart (%i)", (length) => {
    const values = [{ a: ['"]},{[', "\\", 'ü"'], b: { c: [] } }, [], "a,]b", 1, null, { "\u2028": "😀" }];
    expect(split(JSON.stringify(values, null, 2), length)?.map((text) => JSON.parse(text))).toEqual(values);
    expect(split(" [ ] ", length)).toEqual([]);
  });

  test.each(["", "{}", "[", "[1", '["]', "[1]]", "[1][2]", "[}", "1", "[[1]"])("what is none is seen: %s", (text) => {
    for (const length of [1, 100]) expect(split(text, length)).toBeUndefined();
  });

  test("any text of any bytes ends", () => {
    for (let i = 0; i < 200; i++) new JsonArraySplitter().push(randomBytes(200));
  });
});

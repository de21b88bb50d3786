import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  parseCurve25519PublicKey,
  parseDeviceId,
  parseEd25519PublicKey,
  parseEventId,
  parseMxcUri,
  parseRoomAlias,
  parseRoomId,
  parseServerName,
  parseSessionId,
  parseTransactionId,
  parseUserId,
  serverNameOf,
} from "./ids.ts";

const PARSERS = {
  parseCurve25519PublicKey,
  parseDeviceId,
  parseEd25519PublicKey,
  parseEventId,
  parseMxcUri,
  parseRoomAlias,
  parseRoomId,
  parseServerName,
  parseSessionId,
  parseTransactionId,
  parseUserId,
};

const SERVERS = [
  "matrix.org",
  "matrix.org:8888",
  "1.2.3.4",
  "1.2.3.4:1234",
  "[1234:5678::abcd]",
  "[1234:5678::abcd]:5678",
  "localhost:8008",
  "under_score",
];
const NO_SERVERS = [
  "",
  ":80",
  "a b",
  "a/b",
  "a:",
  "a:123456",
  "a:b",
  "[::1",
  "[xyz]",
  "é.org",
  "a\u0000",
  "a:80:80",
  "user@host",
  "a?b",
  "a#b",
  "a%2fb",
];

describe("ids", () => {
  test.each(SERVERS)("server %s", (name) => {
    expect(parseServerName(name)).toEqual({ ok: true, value: name });
    const user = parseUserId(`@user:${name}`);
    expect(user.ok && serverNameOf(user.value)).toBe(name);
    expect(parseRoomAlias(`#room:${name}`).ok).toBe(true);
    expect(parseMxcUri(`mxc://${name}/AbC-_9`).ok).toBe(true);
  });

  test.each(NO_SERVERS)("no server %j", (name) => {
    expect(parseServerName(name).ok).toBe(false);
    expect(parseUserId(`@user:${name}`).ok).toBe(false);
    expect(parseMxcUri(`mxc://${name}/media`).ok).toBe(false);
  });

  test.each(["@a:x", "@:x", "@Historical User/ünï:x", "@a:[::1]:80", `@${"a".repeat(252)}:x`])("user %s", (id) => {
    expect(parseUserId(id)).toEqual({ ok: true, value: id });
  });

  test.each([
    undefined,
    null,
    5,
    {},
    [],
    "",
    "@",
    "a:x",
    "@a",
    "@a:",
    "!a:x",
    `@${"a".repeat(253)}:x`,
    `@${"é".repeat(127)}:x`,
    "@a\n:x",
    "@\ud800:x",
  ])("no user %j", (value) => expect(parseUserId(value)).toEqual({ ok: false, error: "invalid-user-id" }));

  test("rooms and events, with and without a server", () => {
    for (const id of ["!room:x", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM"]) expect(parseRoomId(id).ok).toBe(true);
    for (const id of ["!", "room", "$a", "!a\u007f", "!a\u0085"]) expect(parseRoomId(id)).toEqual({ ok: false, error: "invalid-room-id" });
    for (const id of ["$event:x", "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg"]) expect(parseEventId(id).ok).toBe(true);
    for (const id of ["$", "", "!x", `$${"a".repeat(255)}`]) expect(parseEventId(id)).toEqual({ ok: false, error: "invalid-event-id" });
  });

  test("media ids cannot climb out of their path", () => {
    for (const uri of [
      "mxc://x/../y",
      "mxc://x/a/b",
      "mxc://x/",
      "mxc://x",
      "mxc:///a",
      "http://x/a",
      "mxc://x/a?b",
      "mxc://x/%2e%2e",
      "mxc://../a/b",
    ]) {
      expect(parseMxcUri(uri)).toEqual({ ok: false, error: "invalid-mxc-uri" });
    }
  });

  test("keys come out unpadded, and only canonical ones go in", () => {
    const key = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
    for (const parse of [parseCurve25519PublicKey, parseEd25519PublicKey]) {
      expect(parse(key)).toEqual({ ok: true, value: key });
      expect(parse(`${key}=`)).toEqual({ ok: true, value: key });
      for (const bad of [key.slice(1), `${key}==`, `${key}A`, `${key.slice(0, 42)}p`, key.replace("/", "_"), ` ${key}`, `${key}\n`])
        expect(parse(bad).ok).toBe(false);
    }
  });

  test("a device may have any printable name", () => {
    for (const id of ["ABCDEFGHIJ", "my device ☎", "__proto__", "constructor", "ed25519:x"]) expect(parseDeviceId(id).ok).toBe(true);
    for (const id of ["", "\u0000", "a\tb", "x".repeat(256), "\udfff"]) expect(parseDeviceId(id).ok).toBe(false);
  });

  test.each(Object.entries(PARSERS))("%s takes anything, never throws, and gives back what it was given", (_, parse) => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: "binary", maxLength: 300 })), (value) => {
        const result = parse(value);
        if (result.ok) {
          expect(typeof value === "string" && value.startsWith(result.value)).toBe(true);
          expect(Buffer.byteLength(result.value)).toBeLessThanOrEqual(255);
          expect(parse(result.value)).toEqual(result);
        } else {
          expect(result.error).toMatch(/^invalid-[a-z0-9-]+$/);
        }
      }),
    );
  });
});

import { randomBytes } from "node:crypto";
import { initAsync, OlmMachine as PeerMachine } from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { must, Party, roomId } from "../../../tests/support/megolm-world.ts";
import { InboundGroupSession } from "../../primitives/group-session.ts";
import { loadOlm } from "../../primitives/olm-library.ts";
import type { ExportedRoomKey } from "./exported-room-key.ts";
import { decryptRoomKeyFile, encryptRoomKeyFile } from "./room-key-file.ts";

const ENV = { randomBytes: (length: number) => randomBytes(length) };

beforeAll(async () => {
  await loadOlm();
  await initAsync();
});

/** A party that wrote in some rooms, and its keys. */
function writer(rooms: number): { party: Party; keys: ExportedRoomKey[] } {
  const party = new Party("alice", "A1");
  for (let i = 0; i < rooms; i++) party.megolm.shareRoomKey(roomId(`r${i}`), []);
  return { party, keys: party.megolm.exportRoomKeys() };
}

function advanced(key: ExportedRoomKey, index: number): ExportedRoomKey {
  using session = must(InboundGroupSession.importSession(key.session_key));
  return { ...key, session_key: must(session.exportSession(index)) };
}

describe("import", () => {
  test("takes what is new or better, and counts nothing else", () => {
    const { keys } = writer(1);
    const [key] = keys;
    if (key === undefined) throw new Error("no key");
    const { megolm } = new Party("bob", "B1");
    expect(megolm.importRoomKeys([advanced(key, 10)])).toMatchObject({ importedCount: 1, totalCount: 1 });
    expect(megolm.importRoomKeys([advanced(key, 10)])).toMatchObject({ importedCount: 0, totalCount: 1 });
    expect(megolm.importRoomKeys([advanced(key, 11)])).toMatchObject({ importedCount: 0, totalCount: 1 });
    expect(megolm.importRoomKeys([key])).toMatchObject({ importedCount: 1, totalCount: 1 });
    expect(megolm.exportRoomKeys()).toEqual([key]);
  });

  test("skips bad entries and reports progress", () => {
    const { keys } = writer(250);
    const bad = [null, 7, "x", [], {}, { ...keys[0], algorithm: "x" }, { ...keys[0], session_key: "x" }, { ...keys[0], sender_key: "x" }];
    const mismatched = { ...keys[0], session_id: keys[1]?.session_id };
    expect(new Party("carol", "C1").megolm.importRoomKeys([mismatched])).toMatchObject({ importedCount: 0, totalCount: 1 });
    const progress: [number, number][] = [];
    const { megolm } = new Party("bob", "B1");
    const result = megolm.importRoomKeys([...bad, mismatched, ...keys], { onProgress: (done, total) => progress.push([done, total]) });
    expect(result).toMatchObject({ importedCount: 250, totalCount: 259 });
    expect(progress).toEqual([
      [100, 259],
      [200, 259],
      [259, 259],
    ]);
    progress.length = 0;
    megolm.importRoomKeys(keys.slice(0, 200), { onProgress: (done, total) => progress.push([done, total]) });
    expect(progress).toEqual([
      [100, 200],
      [200, 200],
    ]);
  });

  test("never replaces a session with one that only claims its id", () => {
    const { keys } = writer(2);
    const [mine, other] = keys;
    if (mine === undefined || other === undefined) throw new Error("no keys");
    const forged = Buffer.from(other.session_key, "base64");
    Buffer.from(mine.session_key, "base64").copy(forged, 133, 133);
    const { megolm } = new Party("bob", "B1");
    megolm.importRoomKeys([advanced(mine, 5)]);
    const claim = { ...mine, session_key: forged.toString("base64").replace(/=+$/, "") };
    expect(megolm.importRoomKeys([claim]).importedCount).toBe(0);
    expect(megolm.importRoomKeys([mine]).importedCount).toBe(1);
  });

  test("keeps what an open session can do", () => {
    const { party, keys } = writer(1);
    const { megolm } = new Party("bob", "B1");
    const [key] = keys;
    if (key === undefined) throw new Error("no key");
    const event = (id: string) => ({
      type: "m.room.encrypted",
      event_id: id,
      sender: party.user,
      origin_server_ts: 1,
      content: party.megolm.encryptRoomEvent(roomId("r0"), "t", {}),
    });
    const [first, second] = [event("$1"), event("$2")];
    megolm.importRoomKeys([advanced(key, 1)]);
    expect(megolm.decryptRoomEvent(second, roomId("r0")).ok).toBe(true);
    expect(megolm.decryptRoomEvent(first, roomId("r0"))).toEqual({ ok: false, reason: { code: "UnknownMegolmMessageIndex" } });
    megolm.importRoomKeys([key]);
    expect(megolm.decryptRoomEvent(first, roomId("r0")).ok).toBe(true);
    expect(megolm.decryptRoomEvent({ ...second, event_id: "$3" }, roomId("r0"))).toEqual({
      ok: false,
      reason: { code: "ReplayedMessage" },
    });
  });
});

test("export says whose key it claims to be, and import keeps that", () => {
  const { party, keys } = writer(1);
  const { megolm } = new Party("bob", "B1");
  megolm.importRoomKeys(keys);
  const claims = { sender_key: party.device.curve25519, sender_claimed_keys: { ed25519: party.device.ed25519 } };
  for (const exported of [keys, megolm.exportRoomKeys()]) expect(exported).toMatchObject([claims]);
});

test("export takes what the predicate wants", () => {
  const { party, keys } = writer(3);
  const wanted = keys[1];
  expect(party.megolm.exportRoomKeys(({ sessionId }) => sessionId === wanted?.session_id)).toEqual([wanted]);
  expect(party.megolm.exportRoomKeys(() => false)).toEqual([]);
});

describe("key files", () => {
  test("are read by the other implementation, and theirs by us", () => {
    const { keys } = writer(3);
    const ours = must(encryptRoomKeyFile(keys, "correct horse", 1000, ENV));
    expect(JSON.parse(PeerMachine.decryptExportedRoomKeys(ours, "correct horse"))).toMatchObject(
      keys.map(({ session_id, session_key, room_id }) => ({ session_id, session_key, room_id })),
    );
    const theirs = PeerMachine.encryptExportedRoomKeys(JSON.stringify(keys), "passwort äöü", 1000);
    const read = must(decryptRoomKeyFile(theirs, "passwort äöü"));
    expect(new Party("bob", "B1").megolm.importRoomKeys(read)).toMatchObject({ importedCount: 3, totalCount: 3 });
  });

  const file = (): string => must(encryptRoomKeyFile([], "p", 10, ENV));
  const withBytes = (change: (bytes: Buffer) => Buffer): string => {
    const lines = file().trim().split("\n");
    const bytes = change(Buffer.from(lines.slice(1, -1).join(""), "base64"));
    return [lines[0], bytes.toString("base64"), lines.at(-1)].join("\n");
  };
  const cases: [string, () => string, string, string][] = [
    ["another passphrase", file, "q", "wrong-passphrase"],
    ["no header", () => file().slice(5), "p", "no-header"],
    ["no end", () => file().slice(0, -20), "p", "no-trailer"],
    ["garbage", () => file().replace(/\n[A-Za-z]/, "\n?"), "p", "invalid-base64"],
    ["a cut", () => withBytes((bytes) => bytes.subarray(0, 60)), "p", "too-short"],
    ["another version", () => withBytes((bytes) => Buffer.concat([Buffer.from([2]), bytes.subarray(1)])), "p", "unsupported-version"],
    ["four billion rounds", () => withBytes((bytes) => (bytes.fill(0xff, 33, 37), bytes)), "p", "rounds-out-of-range"],
    ["no rounds", () => withBytes((bytes) => (bytes.fill(0, 33, 37), bytes)), "p", "rounds-out-of-range"],
    ["a flipped bit", () => withBytes((bytes) => ((bytes[38] = (bytes[38] ?? 0) ^ 1), bytes)), "p", "wrong-passphrase"],
  ];
  test.each(cases)("with %s are refused", (_name, text, passphrase, code) => {
    expect(decryptRoomKeyFile(text(), passphrase)).toEqual({ ok: false, error: code });
  });

  test("may have other line ends and text around them", () => {
    const text = `hello\r\n${file().replaceAll("\n", "\r\n")}bye`;
    expect(decryptRoomKeyFile(text, "p")).toEqual({ ok: true, value: [] });
  });

  test("are not written with absurd rounds", () => {
    expect(encryptRoomKeyFile([], "p", 0, ENV)).toEqual({ ok: false, error: "rounds-out-of-range" });
  });
});

import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { InboundGroupSession } from "../../primitives/group-session.ts";
import { PkDecryption, PkEncryption } from "../../primitives/pk.ts";
import { Secret } from "../../primitives/secret.ts";
import { entriesOfBackup, parseBackupEntry } from "../../wire/backup.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { signJson } from "../../wire/signatures.ts";
import type { ExportedRoomKey } from "../megolm/exported-room-key.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";
import { encodeRecoveryKey } from "../secret-storage/recovery-key.ts";
import type { NewBackup } from "./backup.ts";

const USER = "@alice:example.org";
const ROOM = "!room0:example.org";

let server: KeyServer;
let clock: TestClock;
let alice: TestDevice;

beforeAll(() => OlmMachine.ready());

beforeEach(() => {
  server = new KeyServer();
  clock = new TestClock();
  alice = new TestDevice(server, USER, "A1", clock);
});

/** A backup that the server has accepted, and this device writes to and reads. */
function enable(device = alice, version = "1"): NewBackup & { readonly info: JsonObject } {
  const backup = device.machine.backup.createInfo();
  device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version });
  device.machine.backup.enable({ publicKey: backup.publicKey, version });
  return { ...backup, info: { algorithm: backup.algorithm, auth_data: backup.auth_data, version } };
}

/** One new session in each of so many rooms. */
function write(rooms: number, device = alice, first = 0): void {
  for (let i = first; i < first + rooms; i++) device.machine.shareRoomKey(`!room${i}:example.org`, []);
}

/** Uploads everything; what the server then has. */
function uploadAll(device = alice): { uploads: OutgoingRequest[]; keys: JsonObject } {
  const rooms: Record<string, { sessions: Record<string, JsonObject> }> = {};
  const uploads: OutgoingRequest[] = [];
  for (let request = device.machine.backup.backupRoomKeys(); request !== undefined; request = device.machine.backup.backupRoomKeys()) {
    uploads.push(request);
    for (const [roomId, sessionId, entry] of entriesOfBackup(request.body)) {
      const room = (rooms[roomId] ??= { sessions: {} });
      room.sessions[sessionId] = entry as JsonObject;
    }
    device.machine.markRequestAsSent(request.id, { count: 1, etag: "x" });
  }
  return { uploads, keys: { rooms } };
}

function firstEntry(keys: unknown): readonly [string, string, JsonObject] {
  for (const [roomId, sessionId, entry] of entriesOfBackup(keys)) return [roomId, sessionId, entry as JsonObject];
  throw new Error("the backup is empty");
}

/** An entry with this plaintext, as anybody who knows the public key can make one. */
function forge(publicKey: NewBackup["publicKey"], plaintext: unknown): JsonObject {
  using encryption = must(PkEncryption.forRecipient(publicKey));
  return {
    first_message_index: 0,
    forwarded_count: 0,
    is_verified: true,
    session_data: { ...encryption.encrypt(JSON.stringify(plaintext)) },
  };
}

function keyOf(device: TestDevice): ExportedRoomKey {
  const [key] = device.machine.exportRoomKeys();
  if (key === undefined) throw new Error("no key");
  return key;
}

function advanced(key: ExportedRoomKey, index: number): ExportedRoomKey {
  using session = must(InboundGroupSession.importSession(key.session_key));
  return { ...key, session_key: must(session.exportSession(index)) };
}

describe("uploading", () => {
  test("a hundred keys a request, the same request until it was answered, then the next", () => {
    enable();
    write(250);
    expect(alice.machine.backup.counts()).toEqual({ total: 250, backedUp: 0 });
    const first = alice.machine.backup.backupRoomKeys();
    expect(first).toMatchObject({ kind: "keys_backup", method: "PUT", path: "/_matrix/client/v3/room_keys/keys?version=1" });
    expect([...entriesOfBackup(first?.body)].length).toBe(100);
    expect(alice.machine.backup.backupRoomKeys()).toBe(first);
    expect(alice.machine.outgoingRequests().some(({ kind }) => kind === "keys_backup")).toBe(false);
    const { uploads } = uploadAll();
    expect(uploads.map(({ body }) => [...entriesOfBackup(body)].length)).toEqual([100, 100, 50]);
    expect(uploads[0]).toBe(first);
    expect(alice.machine.backup.counts()).toEqual({ total: 250, backedUp: 250 });
    expect(alice.machine.backup.backupRoomKeys()).toBeUndefined();
    write(1, alice, 900);
    expect(uploadAll().uploads.length).toBe(1);
  });

  test("entries say where the key starts and never that it is verified", () => {
    const backup = enable();
    write(1);
    const [roomId, sessionId, entry] = firstEntry(uploadAll().keys);
    expect(roomId).toBe(ROOM);
    expect(entry).toMatchObject({ first_message_index: 0, forwarded_count: 0, is_verified: false });
    using decryption = PkDecryption.fromPrivateKey(backup.privateKey);
    const plaintext: unknown = JSON.parse(must(decryption.decrypt(must(parseBackupEntry(roomId, sessionId, entry)).message)));
    expect(plaintext).toMatchObject({ algorithm: "m.megolm.v1.aes-sha2", sender_key: alice.machine.identityKeys.curve25519 });
    expect(plaintext).not.toHaveProperty("session_id");
  });

  test("nothing without a backup, and nothing when it was disabled", () => {
    write(1);
    expect(alice.machine.backup.backupRoomKeys()).toBeUndefined();
    enable();
    const pending = alice.machine.backup.backupRoomKeys();
    alice.machine.backup.disable();
    expect(alice.machine.backup.backupRoomKeys()).toBeUndefined();
    // The answer comes late: it was of a backup that we do not write to any more.
    alice.machine.markRequestAsSent(pending?.id ?? "", {});
    expect(alice.machine.backup.counts()).toEqual({ total: 1, backedUp: 0 });
    expect(alice.machine.backup.current()).toBeUndefined();
    expect(alice.machine.backup.decryptionKey()?.version).toBe("1");
  });

  test("another version gets everything again, and an answer of the old one counts for nothing", () => {
    enable();
    write(3);
    uploadAll();
    write(1, alice, 3);
    const late = alice.machine.backup.backupRoomKeys();
    enable(alice, "2");
    alice.machine.markRequestAsSent(late?.id ?? "", {});
    expect(alice.machine.backup.counts()).toEqual({ total: 4, backedUp: 0 });
    const { uploads } = uploadAll();
    expect(uploads.map(({ path }) => path)).toEqual(["/_matrix/client/v3/room_keys/keys?version=2"]);
    expect([...entriesOfBackup(uploads[0]?.body)].length).toBe(4);
  });

  test("the same version under another key is another backup", () => {
    enable();
    write(2);
    uploadAll();
    const other = alice.machine.backup.createInfo();
    alice.machine.backup.enable({ publicKey: other.publicKey, version: "1" });
    expect(alice.machine.backup.counts()).toEqual({ total: 2, backedUp: 0 });
    expect(alice.machine.backup.decryptionKey()).toBeUndefined();
  });

  test("enabling what is enabled changes nothing", () => {
    const { publicKey } = enable();
    write(2);
    const pending = alice.machine.backup.backupRoomKeys();
    alice.machine.backup.enable({ publicKey, version: "1" });
    expect(alice.machine.backup.backupRoomKeys()).toBe(pending);
  });

  test("a better copy of a key goes up again, also when it came while the worse one was on its way", () => {
    write(1);
    const key = keyOf(alice);
    const bob = new TestDevice(server, USER, "A2", clock);
    enable(bob);
    bob.machine.importRoomKeys([advanced(key, 20)]);
    expect(firstEntry(uploadAll(bob).keys)[2]).toMatchObject({ first_message_index: 20, forwarded_count: 1 });
    bob.machine.importRoomKeys([advanced(key, 10)]);
    const pending = bob.machine.backup.backupRoomKeys();
    bob.machine.importRoomKeys([key]);
    bob.machine.markRequestAsSent(pending?.id ?? "", {});
    expect(bob.machine.backup.counts()).toEqual({ total: 1, backedUp: 0 });
    expect(firstEntry(uploadAll(bob).keys)[2]).toMatchObject({ first_message_index: 0 });
  });

  test("a failed transaction forgets the request and marks nothing", () => {
    enable();
    write(1);
    const pending = alice.machine.backup.backupRoomKeys();
    expect(() =>
      alice.store.transaction(() => {
        alice.machine.markRequestAsSent(pending?.id ?? "", {});
        throw new Error("power cut");
      }),
    ).toThrow("power cut");
    expect(alice.machine.backup.counts()).toEqual({ total: 1, backedUp: 0 });
    expect(uploadAll().uploads.length).toBe(1);
    expect(alice.machine.backup.counts()).toEqual({ total: 1, backedUp: 1 });
  });

  test("keys that are no keys are refused", () => {
    for (const publicKey of ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
      expect(() => alice.machine.backup.enable({ publicKey, version: "1" })).toThrow("invalid-backup-key");
    const { publicKey } = alice.machine.backup.createInfo();
    expect(() => alice.machine.backup.enable({ publicKey, version: "" })).toThrow("invalid-backup-key");
  });
});

describe("the decryption key", () => {
  test("GHSA-9ggc-845v-gcgv: after a restart keys still go to the public key, and the private one reads them", () => {
    const backup = enable();
    alice.restart();
    write(2);
    expect(alice.machine.backup.current()).toEqual({ version: "1", publicKey: backup.publicKey });
    const { keys } = uploadAll();
    const bob = new TestDevice(server, USER, "A2", clock);
    expect(bob.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys })).toMatchObject({ importedCount: 2 });
    const saved = alice.machine.backup.decryptionKey();
    expect(saved?.privateKey.equals(backup.privateKey)).toBe(true);
    expect(saved?.publicKey).toBe(backup.publicKey);
  });

  test("nothing of it shows when it is printed", () => {
    const backup = enable();
    const base64 = backup.privateKey.use((bytes) => Buffer.from(bytes).toString("base64"));
    const shown = [backup, alice.machine.backup.decryptionKey(), alice.machine.backup].map(
      (value) => inspect(value, { depth: 9 }) + JSON.stringify(value),
    );
    expect(shown.join(" ")).not.toContain(base64.slice(0, 16));
  });

  test("is refused where another key's backup is enabled, and forgotten where another backup is", () => {
    const { publicKey } = enable();
    const other = alice.machine.backup.createInfo();
    expect(() => alice.machine.backup.saveDecryptionKey({ privateKey: other.privateKey, version: "1" })).toThrow("wrong-backup-key");
    expect(() => alice.machine.backup.saveDecryptionKey({ privateKey: Secret.from(randomBytes(31), "x"), version: "1" })).toThrow(
      "invalid-backup-key",
    );
    expect(alice.machine.backup.decryptionKey()?.publicKey).toBe(publicKey);
    alice.machine.backup.enable({ publicKey: other.publicKey, version: "2" });
    expect(alice.machine.backup.decryptionKey()).toBeUndefined();
    expect(() => alice.machine.backup.restoreBatch([])).toThrow("no-backup-key");
  });

  test("stays with its key when the version changes", () => {
    const { publicKey } = enable();
    alice.machine.backup.enable({ publicKey, version: "2" });
    expect(alice.machine.backup.decryptionKey()).toMatchObject({ version: "2", publicKey });
    alice.machine.backup.forgetDecryptionKey();
    expect(alice.machine.backup.decryptionKey()).toBeUndefined();
  });
});

describe("restoring", () => {
  test("takes the key in every form, and nothing else", () => {
    const backup = enable();
    write(3);
    const { keys } = uploadAll();
    const base64 = backup.privateKey.use((bytes) => Buffer.from(bytes).toString("base64"));
    for (const recoveryKey of [encodeRecoveryKey(backup.privateKey), base64, base64.replace("=", ""), backup.privateKey]) {
      const device = new TestDevice(server, USER, `D${Math.random()}`, clock);
      expect(device.machine.backup.restore({ recoveryKey, info: backup.info, keys })).toMatchObject({ importedCount: 3, failedCount: 0 });
      expect(device.machine.exportRoomKeys()).toEqual(alice.machine.exportRoomKeys());
    }
    const device = new TestDevice(server, USER, "X", clock);
    const restore = (recoveryKey: string, info: unknown = backup.info) => device.machine.backup.restore({ recoveryKey, info, keys });
    expect(() => restore("no key")).toThrow("invalid-recovery-key");
    expect(() => restore(encodeRecoveryKey(Secret.from(randomBytes(32), "x")))).toThrow("wrong-backup-key");
    expect(() => restore(base64, { ...backup.info, algorithm: "org.matrix.msc3270" })).toThrow("unsupported-backup");
    expect(() => restore(base64, null)).toThrow("unsupported-backup");
    expect(device.machine.backup.counts().total).toBe(0);
  });

  test("the public key is derived and compared: another one in auth_data is refused", () => {
    const backup = enable();
    write(1);
    const { keys } = uploadAll();
    const { publicKey } = alice.machine.backup.createInfo();
    const info = { ...backup.info, auth_data: { ...backup.auth_data, public_key: publicKey } };
    const device = new TestDevice(server, USER, "X", clock);
    expect(() => device.machine.backup.restore({ recoveryKey: backup.privateKey, info, keys })).toThrow("wrong-backup-key");
  });

  test("one bad entry costs nobody but itself", () => {
    const backup = enable();
    write(20);
    const { keys } = uploadAll();
    const [roomId, sessionId, good] = firstEntry(keys);
    const data = objectField(good, "session_data") ?? {};
    const bad: unknown[] = [
      null,
      7,
      [],
      {},
      { session_data: null },
      { session_data: { ...data, mac: 1 } },
      { session_data: { ...data, ciphertext: "" } },
      { session_data: { ...data, ciphertext: "AAAA" } },
      { session_data: { ...data, ciphertext: "A".repeat(100_000) } },
      { session_data: { ...data, mac: "AAAA" } },
      { session_data: { ...data, ephemeral: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } },
      forge(backup.publicKey, "text"),
      forge(backup.publicKey, {}),
      forge(alice.machine.backup.createInfo().publicKey, {}),
    ];
    const rooms = objectField(keys, "rooms") ?? {};
    const broken = {
      rooms: {
        "!bad:example.org": { sessions: Object.fromEntries(bad.map((entry, i) => [`${sessionId.slice(0, -2)}${10 + i}`, entry])) },
        "not a room": { sessions: { [sessionId]: good } },
        "!none:example.org": 7,
        ...rooms,
      },
    };
    expect(roomId).toBe(ROOM);
    const device = new TestDevice(server, USER, "X", clock);
    const result = device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys: broken });
    expect(result).toMatchObject({ importedCount: 20, failedCount: bad.length + 1, totalCount: 21 + bad.length });
    for (const keys of [null, 7, {}, { rooms: 7 }, []])
      expect(device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys })).toMatchObject({ totalCount: 0 });
  });

  test("a key that is filed under another session's id is refused", () => {
    const backup = enable();
    write(2);
    const entries = [...entriesOfBackup(uploadAll().keys)];
    const [first, second] = entries;
    if (first === undefined || second === undefined) throw new Error("two entries");
    const device = new TestDevice(server, USER, "X", clock);
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    const result = device.machine.backup.restoreBatch([[first[0], first[1], second[2]]]);
    expect(result).toMatchObject({ importedCount: 0, failedCount: 1 });
  });

  test("in parts with the stored key: the same outcome, and no memory of the parts", () => {
    const backup = enable();
    write(450);
    const entries = [...entriesOfBackup(uploadAll().keys)];
    const device = new TestDevice(server, USER, "X", clock);
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    let imported = 0;
    for (let at = 0; at < entries.length; at += 200)
      imported += device.machine.backup.restoreBatch(entries.slice(at, at + 200)).importedCount;
    expect(imported).toBe(450);
    const [roomId, sessionId, entry] = entries[0] ?? ["", "", null];
    expect(device.machine.backup.restoreEntry(roomId, sessionId, entry)).toMatchObject({ importedCount: 0, failedCount: 0 });
  });

  test("what comes out of the backup is not uploaded to it again, but is to another one", () => {
    const backup = enable();
    write(5);
    const { keys } = uploadAll();
    const restore = (device: TestDevice) => device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys });
    const before = new TestDevice(server, USER, "X", clock);
    restore(before);
    before.machine.backup.enable({ publicKey: backup.publicKey, version: "1" });
    expect(before.machine.backup.counts()).toEqual({ total: 5, backedUp: 5 });
    const after = new TestDevice(server, USER, "Y", clock);
    enable(after, "2");
    restore(after);
    expect(after.machine.backup.counts()).toEqual({ total: 5, backedUp: 0 });
  });

  test("a better key out of the backup replaces ours and needs no upload", () => {
    const backup = enable();
    write(1);
    const key = keyOf(alice);
    const { keys } = uploadAll();
    const device = new TestDevice(server, USER, "X", clock);
    device.machine.importRoomKeys([advanced(key, 5)]);
    device.machine.backup.enable({ publicKey: backup.publicKey, version: "1" });
    device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys });
    expect(device.machine.exportRoomKeys()).toEqual([key]);
    expect(device.machine.backup.counts()).toEqual({ total: 1, backedUp: 1 });
  });
});

describe("what a backup is worth", () => {
  test("a message read with a restored key is shown as not authentic, whatever the entry claims", () => {
    const backup = enable();
    const event = alice.say(ROOM, "hello");
    const [roomId, sessionId, uploaded] = firstEntry(uploadAll().keys);
    const entry = { ...uploaded, is_verified: true };
    const device = new TestDevice(server, USER, "X", clock);
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    expect(device.machine.backup.restoreEntry(roomId, sessionId, entry).importedCount).toBe(1);
    const result = device.machine.decryptRoomEvent(event, ROOM);
    if (!result.ok) throw new Error(result.reason.code);
    expect(result.event.encryptionInfo.shield(true)).toEqual({ color: "red", code: "AuthenticityNotGuaranteed" });
    expect(result.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
  });

  test("a server's own key in the backup makes its messages no more authentic, nor replaces a session that we have", () => {
    const backup = enable();
    const event = alice.say(ROOM, "hello");
    const [roomId, sessionId] = firstEntry(uploadAll().keys);
    const mallory = new TestDevice(server, "@mallory:example.org", "M", clock);
    write(1, mallory);
    const theirs = keyOf(mallory);
    // Under its own id, in alice's name: read, and shown as what it is.
    const injected = forge(backup.publicKey, { ...theirs, sender_key: alice.machine.identityKeys.curve25519 });
    expect(alice.machine.backup.restoreEntry(ROOM, theirs.session_id, injected).importedCount).toBe(1);
    const forged = { ...mallory.say(ROOM, "I am alice"), sender: USER };
    const read = alice.machine.decryptRoomEvent(forged, ROOM);
    if (!read.ok) throw new Error(read.reason.code);
    expect(read.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
    // Under the id of a session that we have: refused, and ours still reads.
    expect(alice.machine.backup.restoreEntry(roomId, sessionId, forge(backup.publicKey, theirs))).toMatchObject({ failedCount: 1 });
    expect(alice.machine.decryptRoomEvent(event, ROOM).ok).toBe(true);
  });

  test("the MAC proves nothing, but a garbled block never makes another ratchet", () => {
    const backup = enable();
    write(1);
    const [roomId, sessionId, entry] = firstEntry(uploadAll().keys);
    const data = objectField(entry, "session_data") ?? {};
    const bytes = Buffer.from(stringField(data, "ciphertext") ?? "", "base64");
    const { session_key } = keyOf(alice);
    for (let at = 0; at < bytes.length; at += 7) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x04;
      const device = new TestDevice(server, USER, `X${at}`, clock);
      device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
      const changed = { ...entry, session_data: { ...data, ciphertext: flipped.toString("base64").replaceAll("=", "") } };
      // What nothing depends on, such as the name of an unknown field, may be garbled and the key still be read.
      if (device.machine.backup.restoreEntry(roomId, sessionId, changed).importedCount > 0)
        expect(keyOf(device)).toMatchObject({ session_key });
      device.machine.close();
    }
  });

  test("a key that the server files under another room decrypts nothing there", () => {
    const backup = enable();
    const event = alice.say(ROOM, "hello");
    const [, sessionId, entry] = firstEntry(uploadAll().keys);
    const device = new TestDevice(server, USER, "X", clock);
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    device.machine.backup.restoreEntry("!other:example.org", sessionId, entry);
    const moved = device.machine.decryptRoomEvent({ ...event, room_id: "!other:example.org" }, "!other:example.org");
    expect(moved).toMatchObject({ ok: false, reason: { code: "MismatchedRoom" } });
    expect(device.machine.decryptRoomEvent(event, ROOM)).toMatchObject({ ok: false, reason: { code: "MissingMegolmSession" } });
  });
});

describe("who vouches for a backup", () => {
  test("a new one is signed by this device, and by the master key where it is here", () => {
    const { info } = enable();
    expect(alice.machine.backup.verify(info)).toMatchObject({ deviceState: "validAndTrusted", userState: "missing", trusted: true });
    alice.send(...alice.machine.bootstrapCrossSigning());
    const { auth_data, algorithm } = alice.machine.backup.createInfo();
    expect(alice.machine.backup.verify({ algorithm, auth_data })).toMatchObject({
      deviceState: "validAndTrusted",
      userState: "validAndTrusted",
      trusted: true,
      matchesDecryptionKey: false,
    });
  });

  test("any change of what was signed is seen", () => {
    const { info, auth_data } = enable();
    const other = alice.machine.backup.createInfo();
    const changed = { ...info, auth_data: { ...auth_data, public_key: other.publicKey } };
    expect(alice.machine.backup.verify(changed)).toMatchObject({ deviceState: "invalid", trusted: false, matchesDecryptionKey: false });
    expect(alice.machine.backup.verify(info).matchesDecryptionKey).toBe(true);
    const unsigned = { ...info, auth_data: { public_key: auth_data["public_key"] ?? "" } };
    expect(alice.machine.backup.verify(unsigned)).toMatchObject({ deviceState: "missing", trusted: false, matchesDecryptionKey: true });
  });

  test("another device of ours counts once it is verified; somebody else's never", () => {
    alice.send(...alice.machine.bootstrapCrossSigning());
    const second = new TestDevice(server, USER, "A2", clock);
    const bob = new TestDevice(server, "@bob:example.org", "B1", clock);
    for (const device of [alice, second, bob]) device.flush();
    const { info } = enable(second);
    const bobs = bob.machine.backup.createInfo();
    alice.machine.markAllTrackedUsersAsDirty();
    alice.meet(second, bob);
    const seen = alice.machine.backup.verify(info);
    expect(seen).toMatchObject({ deviceState: "missing", userState: "missing", trusted: false });
    expect([...seen.otherDevices]).toEqual([["A2", "validButNotTrusted"]]);
    alice.machine.setLocalTrust(USER, "A2", "verified");
    expect(alice.machine.backup.verify(info).trusted).toBe(true);
    alice.machine.setLocalTrust("@bob:example.org", "B1", "verified");
    expect(alice.machine.backup.verify({ algorithm: bobs.algorithm, auth_data: bobs.auth_data })).toMatchObject({ trusted: false });
  });

  test("our identity counts only while it is verified here", () => {
    alice.send(...alice.machine.bootstrapCrossSigning());
    const { info } = enable();
    const second = new TestDevice(server, USER, "A2", clock);
    second.machine.markAllTrackedUsersAsDirty();
    second.flush();
    expect(second.machine.backup.verify(info)).toMatchObject({ userState: "validButNotTrusted", trusted: false });
    second.machine.verifyIdentity(USER);
    expect(second.machine.backup.verify(info)).toMatchObject({ userState: "validAndTrusted", trusted: true });
  });

  test("a device that calls itself like our master key is not taken for it (CVE-2022-39250)", () => {
    alice.send(...alice.machine.bootstrapCrossSigning());
    const master = alice.machine.getIdentity(USER)?.masterKey ?? "";
    const evil = new TestDevice(server, USER, master, clock);
    evil.flush();
    alice.machine.markAllTrackedUsersAsDirty();
    alice.flush();
    const fake = evil.machine.backup.createInfo();
    expect(alice.machine.backup.verify({ algorithm: fake.algorithm, auth_data: fake.auth_data })).toMatchObject({
      userState: "invalid",
      trusted: false,
      otherDevices: new Map(),
    });
  });

  test("what is no backup of ours is signed by nobody", () => {
    const { info } = enable();
    for (const other of [undefined, null, 7, {}, { ...info, algorithm: "m.other" }, { ...info, auth_data: {} }, { ...info, version: 7 }])
      expect(alice.machine.backup.verify(other)).toMatchObject({ deviceState: "missing", userState: "missing", trusted: false });
  });

  test("signatures are added to those that are there", () => {
    const { publicKey } = alice.machine.backup.createInfo();
    const signed = signJson({ public_key: publicKey }, () => "x", "@bob:example.org", "ed25519:B1");
    const both = alice.machine.backup.sign(signed);
    expect(Object.keys(objectField(both, "signatures") ?? {})).toEqual(["@bob:example.org", USER]);
  });
});

import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ALICE, advanced, eachWithAlice, enable, firstEntry, forge, keyOf, uploadAll, write } from "../../../tests/support/backup-world.ts";
import { TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { Secret } from "../../primitives/secret.ts";
import { entriesOfBackup } from "../../wire/backup.ts";
import { objectField, stringField } from "../../wire/json.ts";
import { encodeRecoveryKey } from "../secret-storage/recovery-key.ts";

const ROOM = "!room0:example.org";

let alice: TestDevice;

eachWithAlice((fresh) => {
  alice = fresh;
});

describe("restoring", () => {
  test("takes the key in every form, and nothing else", () => {
    const backup = enable(alice);
    write(alice, 3);
    const { keys } = uploadAll(alice);
    const base64 = backup.privateKey.use((bytes) => Buffer.from(bytes).toString("base64"));
    for (const recoveryKey of [encodeRecoveryKey(backup.privateKey), base64, base64.replace("=", ""), backup.privateKey]) {
      const device = alice.another(`D${Math.random()}`);
      expect(device.machine.backup.restore({ recoveryKey, info: backup.info, keys })).toMatchObject({ importedCount: 3, failedCount: 0 });
      expect(device.machine.exportRoomKeys()).toEqual(alice.machine.exportRoomKeys());
    }
    const device = alice.another("X");
    const restore = (recoveryKey: string, info: unknown = backup.info) => device.machine.backup.restore({ recoveryKey, info, keys });
    expect(() => restore("no key")).toThrow("invalid-recovery-key");
    expect(() => restore(encodeRecoveryKey(Secret.from(randomBytes(32), "x")))).toThrow("wrong-backup-key");
    expect(() => restore(base64, { ...backup.info, algorithm: "org.matrix.msc3270" })).toThrow("unsupported-backup");
    expect(() => restore(base64, null)).toThrow("unsupported-backup");
    expect(device.machine.backup.counts().total).toBe(0);
  });

  test("the public key is derived and compared: another one in auth_data is refused", () => {
    const backup = enable(alice);
    write(alice, 1);
    const { keys } = uploadAll(alice);
    const { publicKey } = alice.machine.backup.createInfo();
    const info = { ...backup.info, auth_data: { ...backup.auth_data, public_key: publicKey } };
    const device = alice.another("X");
    expect(() => device.machine.backup.restore({ recoveryKey: backup.privateKey, info, keys })).toThrow("wrong-backup-key");
  });

  test("one bad entry costs nobody but itself", () => {
    const backup = enable(alice);
    write(alice, 20);
    const { keys } = uploadAll(alice);
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
    const device = alice.another("X");
    const result = device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys: broken });
    expect(result).toMatchObject({ importedCount: 20, failedCount: bad.length + 1, totalCount: 21 + bad.length });
    for (const keys of [null, 7, {}, { rooms: 7 }, []])
      expect(device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys })).toMatchObject({ totalCount: 0 });
  });

  test("a key that is filed under another session's id is refused", () => {
    const backup = enable(alice);
    write(alice, 2);
    const entries = [...entriesOfBackup(uploadAll(alice).keys)];
    const [first, second] = entries;
    if (first === undefined || second === undefined) throw new Error("two entries");
    const device = alice.another("X");
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    const result = device.machine.backup.restoreBatch([[first[0], first[1], second[2]]]);
    expect(result).toMatchObject({ importedCount: 0, failedCount: 1 });
  });

  test("in parts with the stored key: the same outcome, and no memory of the parts", () => {
    const backup = enable(alice);
    write(alice, 450);
    const entries = [...entriesOfBackup(uploadAll(alice).keys)];
    const device = alice.another("X");
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    let imported = 0;
    for (let at = 0; at < entries.length; at += 200)
      imported += device.machine.backup.restoreBatch(entries.slice(at, at + 200)).importedCount;
    expect(imported).toBe(450);
    const [roomId, sessionId, entry] = entries[0] ?? ["", "", null];
    expect(device.machine.backup.restoreEntry(roomId, sessionId, entry)).toMatchObject({ importedCount: 0, failedCount: 0 });
  });

  test("what comes out of the backup is not uploaded to it again, but is to another one", () => {
    const backup = enable(alice);
    write(alice, 5);
    const { keys } = uploadAll(alice);
    const restore = (device: TestDevice) => device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys });
    const before = alice.another("X");
    restore(before);
    before.machine.backup.enable({ publicKey: backup.publicKey, version: "1" });
    expect(before.machine.backup.counts()).toEqual({ total: 5, backedUp: 5 });
    const after = alice.another("Y");
    enable(after, "2");
    restore(after);
    expect(after.machine.backup.counts()).toEqual({ total: 5, backedUp: 0 });
  });

  test("a better key out of the backup replaces ours and needs no upload", () => {
    const backup = enable(alice);
    write(alice, 1);
    const key = keyOf(alice);
    const { keys } = uploadAll(alice);
    const device = alice.another("X");
    device.machine.importRoomKeys([advanced(key, 5)]);
    device.machine.backup.enable({ publicKey: backup.publicKey, version: "1" });
    device.machine.backup.restore({ recoveryKey: backup.privateKey, info: backup.info, keys });
    expect(device.machine.exportRoomKeys()).toEqual([key]);
    expect(device.machine.backup.counts()).toEqual({ total: 1, backedUp: 1 });
  });
});

describe("what a backup is worth", () => {
  test("a message read with a restored key is shown as not authentic, whatever the entry claims", () => {
    const backup = enable(alice);
    const event = alice.say(ROOM, "hello");
    const [roomId, sessionId, uploaded] = firstEntry(uploadAll(alice).keys);
    const entry = { ...uploaded, is_verified: true };
    const device = alice.another("X");
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    expect(device.machine.backup.restoreEntry(roomId, sessionId, entry).importedCount).toBe(1);
    const result = device.machine.decryptRoomEvent(event, ROOM);
    if (!result.ok) throw new Error(result.reason.code);
    expect(result.event.encryptionInfo.shield(true)).toEqual({ color: "red", code: "AuthenticityNotGuaranteed" });
    expect(result.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
  });

  test("a server's own key in the backup makes its messages no more authentic, nor replaces a session that we have", () => {
    const backup = enable(alice);
    const event = alice.say(ROOM, "hello");
    const [roomId, sessionId] = firstEntry(uploadAll(alice).keys);
    const mallory = new TestDevice(alice.server, "@mallory:example.org", "M", new TestClock());
    write(mallory, 1);
    const theirs = keyOf(mallory);
    // Under its own id, in alice's name: read, and shown as what it is.
    const injected = forge(backup.publicKey, { ...theirs, sender_key: alice.machine.identityKeys.curve25519 });
    expect(alice.machine.backup.restoreEntry(ROOM, theirs.session_id, injected).importedCount).toBe(1);
    const forged = { ...mallory.say(ROOM, "I am alice"), sender: ALICE };
    const read = alice.machine.decryptRoomEvent(forged, ROOM);
    if (!read.ok) throw new Error(read.reason.code);
    expect(read.event.encryptionInfo.shield(false)).toEqual({ color: "grey", code: "AuthenticityNotGuaranteed" });
    // Under the id of a session that we have: refused, and ours still reads.
    expect(alice.machine.backup.restoreEntry(roomId, sessionId, forge(backup.publicKey, theirs))).toMatchObject({ failedCount: 1 });
    expect(alice.machine.decryptRoomEvent(event, ROOM).ok).toBe(true);
  });

  test("the MAC proves nothing, but a garbled block never makes another ratchet", () => {
    const backup = enable(alice);
    write(alice, 1);
    const [roomId, sessionId, entry] = firstEntry(uploadAll(alice).keys);
    const data = objectField(entry, "session_data") ?? {};
    const bytes = Buffer.from(stringField(data, "ciphertext") ?? "", "base64");
    const { session_key } = keyOf(alice);
    for (let at = 0; at < bytes.length; at += 7) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x04;
      const device = alice.another(`X${at}`);
      device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
      const changed = { ...entry, session_data: { ...data, ciphertext: flipped.toString("base64").replaceAll("=", "") } };
      // What nothing depends on, such as the name of an unknown field, may be garbled and the key still be read.
      if (device.machine.backup.restoreEntry(roomId, sessionId, changed).importedCount > 0)
        expect(keyOf(device)).toMatchObject({ session_key });
      device.machine.close();
    }
  });

  test("a key that the server files under another room decrypts nothing there", () => {
    const backup = enable(alice);
    const event = alice.say(ROOM, "hello");
    const [, sessionId, entry] = firstEntry(uploadAll(alice).keys);
    const device = alice.another("X");
    device.machine.backup.saveDecryptionKey({ privateKey: backup.privateKey, version: "1" });
    device.machine.backup.restoreEntry("!other:example.org", sessionId, entry);
    const moved = device.machine.decryptRoomEvent({ ...event, room_id: "!other:example.org" }, "!other:example.org");
    expect(moved).toMatchObject({ ok: false, reason: { code: "MismatchedRoom" } });
    expect(device.machine.decryptRoomEvent(event, ROOM)).toMatchObject({ ok: false, reason: { code: "MissingMegolmSession" } });
  });
});

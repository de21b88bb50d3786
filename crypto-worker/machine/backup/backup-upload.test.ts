import { describe, expect, test } from "vitest";
import { advanced, eachWithAlice, enable, firstEntry, keyOf, uploadAll, write } from "../../../tests/support/backup-world.ts";
import type { TestDevice } from "../../../tests/support/machine-world.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { PkDecryption } from "../../primitives/pk.ts";
import { entriesOfBackup, parseBackupEntry } from "../../wire/backup.ts";

const ROOM = "!room0:example.org";

let alice: TestDevice;

eachWithAlice((fresh) => {
  alice = fresh;
});

describe("uploading", () => {
  test("a hundred keys a request, the same request until it was answered, then the next", () => {
    enable(alice);
    write(alice, 250);
    expect(alice.machine.backup.counts()).toEqual({ total: 250, backedUp: 0 });
    const first = alice.machine.backup.backupRoomKeys();
    expect(first).toMatchObject({ kind: "keys_backup", method: "PUT", path: "/_matrix/client/v3/room_keys/keys?version=1" });
    expect([...entriesOfBackup(first?.body)].length).toBe(100);
    expect(alice.machine.backup.backupRoomKeys()).toBe(first);
    expect(alice.machine.outgoingRequests().some(({ kind }) => kind === "keys_backup")).toBe(false);
    const { uploads } = uploadAll(alice);
    expect(uploads.map(({ body }) => [...entriesOfBackup(body)].length)).toEqual([100, 100, 50]);
    expect(uploads[0]).toBe(first);
    expect(alice.machine.backup.counts()).toEqual({ total: 250, backedUp: 250 });
    expect(alice.machine.backup.backupRoomKeys()).toBeUndefined();
    write(alice, 1, 900);
    expect(uploadAll(alice).uploads.length).toBe(1);
  });

  test("what is missing is looked up in an index, which a device without a backup does not keep", () => {
    const isKept = (): boolean =>
      alice.store.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'inbound_group_session_not_backed_up'").first() !== undefined;
    write(alice, 3);
    expect(isKept()).toBe(false);
    enable(alice);
    expect(alice.machine.backup.counts()).toEqual({ total: 3, backedUp: 0 });
    expect(isKept()).toBe(true);
    expect(uploadAll(alice).uploads.length).toBe(1);
    const plan = alice.store
      .prepare<{ detail: string }>("EXPLAIN QUERY PLAN SELECT COUNT(*) FROM inbound_group_session WHERE backup_version IS NULL")
      .all();
    expect(plan).toMatchObject([{ detail: expect.stringContaining("USING INDEX inbound_group_session_not_backed_up") }]);
  });

  test("entries say where the key starts and never that it is verified", () => {
    const backup = enable(alice);
    write(alice, 1);
    const [roomId, sessionId, entry] = firstEntry(uploadAll(alice).keys);
    expect(roomId).toBe(ROOM);
    expect(entry).toMatchObject({ first_message_index: 0, forwarded_count: 0, is_verified: false });
    using decryption = PkDecryption.fromPrivateKey(backup.privateKey);
    const plaintext: unknown = JSON.parse(must(decryption.decrypt(must(parseBackupEntry(roomId, sessionId, entry)).message)));
    expect(plaintext).toMatchObject({ algorithm: "m.megolm.v1.aes-sha2", sender_key: alice.machine.identityKeys.curve25519 });
    expect(plaintext).not.toHaveProperty("session_id");
  });

  test("nothing without a backup, and nothing when it was disabled", () => {
    write(alice, 1);
    expect(alice.machine.backup.backupRoomKeys()).toBeUndefined();
    enable(alice);
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
    enable(alice);
    write(alice, 3);
    uploadAll(alice);
    write(alice, 1, 3);
    const late = alice.machine.backup.backupRoomKeys();
    enable(alice, "2");
    alice.machine.markRequestAsSent(late?.id ?? "", {});
    expect(alice.machine.backup.counts()).toEqual({ total: 4, backedUp: 0 });
    const { uploads } = uploadAll(alice);
    expect(uploads.map(({ path }) => path)).toEqual(["/_matrix/client/v3/room_keys/keys?version=2"]);
    expect([...entriesOfBackup(uploads[0]?.body)].length).toBe(4);
  });

  test("the same version under another key is another backup", () => {
    enable(alice);
    write(alice, 2);
    uploadAll(alice);
    const other = alice.machine.backup.createInfo();
    alice.machine.backup.enable({ publicKey: other.publicKey, version: "1" });
    expect(alice.machine.backup.counts()).toEqual({ total: 2, backedUp: 0 });
    expect(alice.machine.backup.decryptionKey()).toBeUndefined();
  });

  test("enabling what is enabled changes nothing", () => {
    const { publicKey } = enable(alice);
    write(alice, 2);
    const pending = alice.machine.backup.backupRoomKeys();
    alice.machine.backup.enable({ publicKey, version: "1" });
    expect(alice.machine.backup.backupRoomKeys()).toBe(pending);
  });

  test("a better copy of a key goes up again, also when it came while the worse one was on its way", () => {
    write(alice, 1);
    const key = keyOf(alice);
    const bob = alice.another("A2");
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
    enable(alice);
    write(alice, 1);
    const pending = alice.machine.backup.backupRoomKeys();
    expect(() =>
      alice.store.transaction(() => {
        alice.machine.markRequestAsSent(pending?.id ?? "", {});
        throw new Error("power cut");
      }),
    ).toThrow("power cut");
    expect(alice.machine.backup.counts()).toEqual({ total: 1, backedUp: 0 });
    expect(uploadAll(alice).uploads.length).toBe(1);
    expect(alice.machine.backup.counts()).toEqual({ total: 1, backedUp: 1 });
  });

  test("keys that are no keys are refused", () => {
    for (const publicKey of ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
      expect(() => alice.machine.backup.enable({ publicKey, version: "1" })).toThrow("invalid-backup-key");
    const { publicKey } = alice.machine.backup.createInfo();
    expect(() => alice.machine.backup.enable({ publicKey, version: "" })).toThrow("invalid-backup-key");
  });
});

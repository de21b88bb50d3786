import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../tests/support/machine-world.ts";
import { openMemoryStore, openSqlCipherStore } from "../store/store.ts";
import { StoreError } from "../store/types.ts";
import type { JsonObject } from "../wire/json.ts";
import { OlmMachine } from "./olm-machine.ts";

const ROOM = "!room:example.org";

beforeAll(() => OlmMachine.ready());

function world(): { server: KeyServer; clock: TestClock; alice: TestDevice; bob: TestDevice } {
  const server = new KeyServer();
  const clock = new TestClock();
  const alice = new TestDevice(server, "@alice:example.org", "ALICE", clock);
  const bob = new TestDevice(server, "@bob:example.org", "BOB", clock);
  alice.flush();
  bob.flush();
  return { server, clock, alice, bob };
}

function bodyOf(device: TestDevice, event: unknown): unknown {
  const result = device.machine.decryptRoomEvent(event, ROOM);
  return result.ok ? result.event.content["body"] : result.reason.code;
}

describe("opening", () => {
  test("a store keeps its account", () => {
    const store = openMemoryStore();
    const first = OlmMachine.open({ userId: "@alice:example.org", deviceId: "A", store });
    const keys = first.identityKeys;
    first.close();
    expect(OlmMachine.open({ userId: "@alice:example.org", deviceId: "A", store }).identityKeys).toEqual(keys);
  });

  test.each([
    ["@mallory:example.org", "A"],
    ["@alice:example.org", "B"],
  ])("a store of another account is refused: %s %s", (userId, deviceId) => {
    const store = openMemoryStore();
    const keys = OlmMachine.open({ userId: "@alice:example.org", deviceId: "A", store }).identityKeys;
    const attempt = (): unknown => OlmMachine.open({ userId, deviceId, store });
    expect(attempt).toThrow(StoreError);
    expect(attempt).toThrow(expect.objectContaining({ code: "other-account" }));
    expect(OlmMachine.open({ userId: "@alice:example.org", deviceId: "A", store }).identityKeys).toEqual(keys);
  });

  test("ids must be ids", () => {
    expect(() => OlmMachine.open({ userId: "alice", deviceId: "A", store: openMemoryStore() })).toThrow("invalid-user-id");
  });

  test("the same file again in the same process", () => {
    const folder = mkdtempSync(join(tmpdir(), "machine-"));
    try {
      const options = { path: join(folder, "store.db"), key: new Uint8Array(32).fill(7) };
      const store = openSqlCipherStore(options);
      const machine = OlmMachine.open({ userId: "@alice:example.org", deviceId: "A", store });
      const keys = machine.identityKeys;
      machine.close();
      store.close();
      const again = openSqlCipherStore(options);
      expect(OlmMachine.open({ userId: "@alice:example.org", deviceId: "A", store: again }).identityKeys).toEqual(keys);
      again.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("our own device is verified on it from the start", () => {
    const { alice } = world();
    expect(alice.machine.getDevice(alice.userId, "ALICE")).toMatchObject({ verified: true, crossSigned: false, localTrust: "verified" });
  });
});

describe("two machines", () => {
  test("talk in both directions, and each answers within the session that it was sent", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    const hello = alice.say(ROOM, "hello", bob);
    expect(bob.sync().roomKeys).toMatchObject([{ roomId: ROOM, senderKey: alice.machine.identityKeys.curve25519 }]);
    expect(bodyOf(bob, hello)).toBe("hello");

    bob.machine.updateTrackedUsers([alice.userId]);
    bob.flush();
    expect(bob.machine.getMissingSessions([alice.userId])).toBeUndefined();
    const answer = bob.say(ROOM, "hello yourself", alice);
    expect(alice.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { type: "m.room_key", sender: bob.userId } }]);
    expect(bodyOf(alice, answer)).toBe("hello yourself");
  });

  test("no secret reaches the application", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    alice.say(ROOM, "hello", bob);
    const [event] = bob.sync().toDeviceEvents;
    expect(event?.event.type).toBe("m.room_key");
    expect(JSON.stringify(event)).not.toContain("session_key");
  });

  test("a crash at any point between two messages loses nothing", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    for (let round = 0; round < 4; round++) {
      const event = alice.say(ROOM, `message ${round}`, bob);
      alice.restart();
      bob.restart();
      bob.sync();
      bob.restart();
      expect(bodyOf(bob, event)).toBe(`message ${round}`);
    }
  });

  test("custom to-device events carry who sent them", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    const content = alice.machine.encryptToDeviceEvent(bob.userId, bob.deviceId, "org.example.ping", { n: 1 });
    bob.server.device(bob.userId, bob.deviceId).inbox.push({ type: "m.room.encrypted", sender: alice.userId, content });
    expect(bob.sync().toDeviceEvents).toEqual([
      {
        kind: "decrypted",
        event: { type: "org.example.ping", sender: alice.userId, content: { n: 1 } },
        encryptionInfo: {
          sender: alice.userId,
          senderDevice: alice.deviceId,
          senderCurve25519: alice.machine.identityKeys.curve25519,
          verified: false,
          crossSigned: false,
        },
      },
    ]);
  });

  test("an event for a device without a session is an error, not a message", () => {
    const { alice, bob } = world();
    const attempt = (): unknown => alice.machine.encryptToDeviceEvent(bob.userId, bob.deviceId, "m.dummy", {});
    expect(attempt).toThrow("unknown-device");
    alice.machine.updateTrackedUsers([bob.userId]);
    alice.flush();
    expect(attempt).toThrow("no-olm-session");
  });
});

describe("one transaction", () => {
  test("what an outer transaction rolls back never happened, and the machine goes on", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    const event = alice.say(ROOM, "hello", bob);
    const sync = bob.server.sync(bob.userId, bob.deviceId);
    expect(() =>
      bob.store.transaction(() => {
        expect(bob.machine.receiveSyncChanges(sync).roomKeys).toHaveLength(1);
        throw new Error("disk full");
      }),
    ).toThrow("disk full");
    expect(bodyOf(bob, event)).toBe("MissingMegolmSession");
    // The batch comes again, and its one-time key is still there.
    expect(bob.machine.receiveSyncChanges(sync).roomKeys).toHaveLength(1);
    expect(bodyOf(bob, event)).toBe("hello");
  });

  test("a rolled-back encryption leaves the ratchet where it was", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    const encrypt = (n: number): JsonObject => alice.machine.encryptToDeviceEvent(bob.userId, bob.deviceId, "org.example.ping", { n });
    expect(() =>
      alice.store.transaction(() => {
        encrypt(1);
        throw new Error("no");
      }),
    ).toThrow("no");
    const inbox = bob.server.device(bob.userId, bob.deviceId).inbox;
    for (const n of [2, 3]) inbox.push({ type: "m.room.encrypted", sender: alice.userId, content: encrypt(n) });
    expect(bob.sync().toDeviceEvents.map(({ event }) => event.content)).toEqual([{ n: 2 }, { n: 3 }]);
  });

  test("a request that was made in a rolled-back call is made again", () => {
    const { alice } = world();
    alice.machine.updateTrackedUsers(["@carol:example.org"]);
    expect(() =>
      alice.store.transaction(() => {
        expect(alice.machine.outgoingRequests()).toHaveLength(1);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(alice.machine.outgoingRequests()).toMatchObject([{ kind: "keys_query" }]);
  });
});

describe("key files", () => {
  test("there and back; a wrong passphrase is an error", () => {
    const { alice, bob } = world();
    alice.meet(bob);
    const event = alice.say(ROOM, "hello", bob);
    const text = OlmMachine.encryptExportedRoomKeys(alice.machine.exportRoomKeys(), "passphrase", 10);
    expect(() => OlmMachine.decryptExportedRoomKeys(text, "wrong")).toThrow("wrong-passphrase");
    const keys = OlmMachine.decryptExportedRoomKeys(text, "passphrase");
    expect(bob.machine.importRoomKeys(keys)).toMatchObject({ importedCount: 1, totalCount: 1 });
    expect(bodyOf(bob, event)).toBe("hello");
  });
});

// The machine's entry points under arbitrary input, and under real input with one thing changed. FUZZ_SEED=… repeats a run.
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { RoomKeyFileError } from "../../crypto-worker/machine/machine-error.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import type { UnableToDecryptCode } from "../../crypto-worker/machine/megolm/unable-to-decrypt.ts";
import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import { watchDevices } from "../support/fuzzed-devices.ts";
import { changedTables, dump, mutate, NASTY, undone } from "../support/hostile.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { seedOf, Seeded } from "../support/seeded.ts";

const SEED = seedOf("FUZZ_SEED");
const ROOM = "!room:x";
/** What an undecryptable message may change: whose keys to ask for, and which session to replace. */
const NOTES = ["wedged_device", "tracked_user"];
const UTD_CODES: readonly UnableToDecryptCode[] = [
  "Unknown",
  "MalformedEncryptedEvent",
  "MissingMegolmSession",
  "UnknownMegolmMessageIndex",
  "MegolmDecryptionFailure",
  "PayloadDeserializationFailure",
  "MismatchedIdentityKeys",
  "SenderIdentityNotTrusted",
  "StateKeyVerificationFailed",
  "MismatchedSender",
  "ReplayedMessage",
  "MismatchedRoom",
];

let chance: Seeded;
let clock: TestClock;
let alice: TestDevice;
let bob: TestDevice;

watchDevices(() => [alice, bob]);

beforeEach(() => {
  chance = new Seeded(SEED);
  const server = new KeyServer();
  clock = new TestClock();
  alice = new TestDevice(server, "@alice:x", "ALICE", clock);
  bob = new TestDevice(server, "@bob:x", "BOB", clock);
  for (const device of [alice, bob]) device.flush();
  alice.meet(bob);
  bob.meet(alice);
});

test(`receiveSyncChanges, FUZZ_SEED=${SEED}`, () => {
  alice.say(ROOM, "hello", bob);
  const { toDeviceEvents } = alice.server.sync(bob.userId, bob.deviceId);
  expect(toDeviceEvents.length).toBeGreaterThan(0);
  const before = dump(bob.store);
  const kinds = new Map<string, number>();
  const receive = (events: readonly unknown[]): void => {
    const { result, after } = undone(bob.store, () => {
      const outcome = bob.machine.receiveSyncChanges({ toDeviceEvents: events });
      return { result: outcome, after: dump(bob.store) };
    });
    for (const { kind } of result.toDeviceEvents) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (result.toDeviceEvents.some(({ kind }) => kind === "decrypted")) return;
    expect(result.roomKeys).toEqual([]);
    const allowed = result.toDeviceEvents.some(({ kind }) => kind === "unableToDecrypt") ? [...NOTES] : [];
    // An envelope that lies about what it holds: the ratchet has moved all the same, and must not be moved back.
    if (events.some(isAuthentic)) allowed.push("account", "olm_session", "olm_hash");
    expect(changedTables(before, after).filter((table) => !allowed.includes(table))).toEqual([]);
  };
  const ciphertextOf = (event: unknown): string => (event instanceof Object && "content" in event ? text(event.content) : "");
  const originals = new Set(toDeviceEvents.map(ciphertextOf));
  const isAuthentic = (event: unknown): boolean => originals.has(ciphertextOf(event));
  for (let run = 0; run < 250; run += 1) {
    const events = mutate(toDeviceEvents, chance);
    if (Array.isArray(events)) receive(events);
  }
  for (const value of NASTY) receive([value]);
  fc.assert(fc.property(fc.array(fc.anything({ maxDepth: 3 }), { maxLength: 4 }), receive), { numRuns: 120, seed: SEED });
  expect([...kinds.keys()]).toEqual(expect.arrayContaining(["decrypted", "unableToDecrypt", "invalid"]));
  // None of it has spoilt the real thing.
  expect(bob.machine.receiveSyncChanges({ toDeviceEvents }).roomKeys).toHaveLength(1);
});

test("a bad to-device event costs nobody but itself", () => {
  for (let run = 0; run < 25; run += 1) {
    const room = `!room${run}:x`;
    alice.say(`!other${run}:x`, "hello", bob);
    const spoilt = alice.server.sync(bob.userId, bob.deviceId).toDeviceEvents;
    alice.say(room, "hello", bob);
    const { toDeviceEvents } = alice.server.sync(bob.userId, bob.deviceId);
    const hostile = Array.from({ length: 3 }, () => mutate(spoilt[0], chance));
    const at = chance.int(0, hostile.length);
    const { roomKeys } = bob.machine.receiveSyncChanges({ toDeviceEvents: hostile.toSpliced(at, 0, ...toDeviceEvents) });
    expect(roomKeys.map(({ roomId }) => roomId)).toContain(room);
  }
});

test("device lists and key counts", () => {
  const lists = fc.record({ changed: fc.array(fc.string()), left: fc.array(fc.string()) }, { requiredKeys: [] });
  const counts = fc.dictionary(fc.string(), fc.anything(), { maxKeys: 5 });
  const own = bob.machine.identityKeys;
  fc.assert(
    fc.property(
      lists,
      counts,
      fc.option(fc.array(fc.string()), { nil: undefined }),
      (deviceLists, oneTimeKeyCounts, unusedFallbackKeyTypes) => {
        undone(bob.store, () => {
          const changes = { deviceLists, oneTimeKeyCounts: oneTimeKeyCounts as Record<string, number>, unusedFallbackKeyTypes };
          bob.machine.receiveSyncChanges(changes);
          bob.machine.outgoingRequests();
        });
      },
    ),
    { numRuns: 80, seed: SEED },
  );
  expect(bob.machine.identityKeys).toEqual(own);
});

test("markRequestAsSent, with every kind of request", () => {
  const seen = new Set<string>();
  const dora = new TestDevice(alice.server, "@dora:x", "DORA", clock);
  dora.flush();
  const pending: (() => OutgoingRequest | undefined)[] = [
    () => (alice.machine.markAllTrackedUsersAsDirty(), first(alice, "keys_query")),
    () => (alice.machine.receiveSyncChanges({ oneTimeKeyCounts: { signed_curve25519: 0 } }), first(alice, "keys_upload")),
    () => claimOf(alice, dora),
    () => alice.machine.shareRoomKey(ROOM, [alice.userId, bob.userId])[0],
    () => alice.machine.bootstrapCrossSigning({ reset: true }).find(({ kind }) => kind === "signing_keys_upload"),
    () => alice.machine.bootstrapCrossSigning({ reset: true }).find(({ kind }) => kind === "signatures_upload"),
  ];
  for (const prepare of pending) {
    for (let run = 0; run < 60; run += 1) {
      // Servers and devices whose answers made no sense are left alone for a while.
      clock.advance(24 * 60 * 60 * 1000);
      undone(alice.store, () => {
        const request = prepare();
        if (request === undefined) throw new Error("nothing to answer");
        seen.add(request.kind);
        const answer = respond(alice, request);
        const hostile = run < NASTY.length ? NASTY[run] : mutate(answer, chance);
        alice.machine.markRequestAsSent(request.id, hostile);
        alice.machine.outgoingRequests();
        // Nobody's keys are what a response says they are now: a device keeps those that it had.
        for (const device of [alice, bob]) {
          const known = alice.machine.getDevice(device.userId, device.deviceId);
          if (known !== undefined) expect({ curve25519: known.curve25519, ed25519: known.ed25519 }).toEqual(device.machine.identityKeys);
        }
        expect(alice.machine.getUserDevices(alice.userId).map(({ deviceId }) => deviceId)).toEqual([alice.deviceId]);
      });
    }
  }
  dora.machine.close();
  dora.store.close();
  expect([...seen].toSorted()).toEqual([
    "keys_claim",
    "keys_query",
    "keys_upload",
    "signatures_upload",
    "signing_keys_upload",
    "to_device",
  ]);
});

test("an answer to nothing changes nothing", () => {
  const before = dump(alice.store);
  for (const id of ["", "x", "__proto__", "\ud800", "x".repeat(100_000)])
    for (const value of NASTY) alice.machine.markRequestAsSent(id, value);
  expect(changedTables(before, dump(alice.store))).toEqual([]);
});

test("decryptRoomEvent", () => {
  const event = alice.say(ROOM, "hello", bob);
  bob.sync();
  const before = dump(bob.store);
  let refused = 0;
  const decrypt = (value: unknown): void => {
    const { result, changed } = undone(bob.store, () => {
      const outcome = bob.machine.decryptRoomEvent(value, ROOM);
      return { result: outcome, changed: changedTables(before, dump(bob.store)) };
    });
    if (result.ok) {
      expect(result.event.content).toEqual({ msgtype: "m.text", body: "hello" });
      return;
    }
    refused += 1;
    expect(UTD_CODES).toContain(result.reason.code);
    expect(changed).toEqual([]);
  };
  for (let run = 0; run < 250; run += 1) decrypt(mutate(event, chance));
  for (const value of NASTY) decrypt(value);
  fc.assert(fc.property(fc.anything({ maxDepth: 4 }), decrypt), { numRuns: 120, seed: SEED });
  expect(refused).toBeGreaterThan(150);
  expect(bob.machine.decryptRoomEvent(event, ROOM).ok).toBe(true);
});

test("importRoomKeys", () => {
  for (const room of [ROOM, "!other:x"]) alice.say(room, "hello", bob);
  bob.sync();
  const exported = bob.machine.exportRoomKeys();
  expect(exported).toHaveLength(2);
  const carol = new TestDevice(alice.server, "@carol:x", "CAROL", new TestClock());
  const before = dump(carol.store);
  const take = (keys: readonly unknown[]): void => {
    const { result, changed } = undone(carol.store, () => {
      const outcome = carol.machine.importRoomKeys(keys);
      return { result: outcome, changed: changedTables(before, dump(carol.store)) };
    });
    expect(result.totalCount).toBe(keys.length);
    expect(result.importedCount).toBeLessThanOrEqual(keys.length);
    if (result.importedCount === 0) expect(changed).toEqual([]);
  };
  for (let run = 0; run < 150; run += 1) {
    const keys = mutate(exported, chance);
    if (Array.isArray(keys)) take(keys);
  }
  for (const value of NASTY) take([value]);
  fc.assert(fc.property(fc.array(fc.anything({ maxDepth: 3 }), { maxLength: 4 }), take), { numRuns: 80, seed: SEED });
  expect(carol.machine.importRoomKeys([...NASTY, ...exported]).importedCount).toBe(2);
  carol.machine.close();
  carol.store.close();
});

test("decryptExportedRoomKeys", () => {
  alice.say(ROOM, "hello", bob);
  const file = OlmMachine.encryptExportedRoomKeys(alice.machine.exportRoomKeys(), "passphrase", 100);
  const read = (text: string, passphrase: string): void => {
    try {
      OlmMachine.decryptExportedRoomKeys(text, passphrase);
    } catch (error) {
      expect(error).toBeInstanceOf(RoomKeyFileError);
    }
  };
  const lines = file.split("\n");
  for (let run = 0; run < 150; run += 1) {
    // The first line of the body says how much work the passphrase is; that one is told of below.
    const at = chance.pick(0, 2, 3, lines.length - 2, lines.length - 1);
    read(lines.with(at, text(mutate(lines[at], chance))).join("\n"), "passphrase");
  }
  for (const value of NASTY) read(text(value), "passphrase");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (text, passphrase) => {
      read(text, passphrase);
      read(`-----BEGIN MEGOLM SESSION DATA-----\n${text}\n-----END MEGOLM SESSION DATA-----`, passphrase);
      read(file, passphrase);
    }),
    { numRuns: 60, seed: SEED },
  );
  const hostile = Buffer.from(lines.slice(1, -2).join(""), "base64");
  hostile.writeUInt32BE(2 ** 32 - 1, 33);
  const forever = `${lines[0]}\n${hostile.toString("base64")}\n${lines.at(-2)}\n`;
  expect(() => OlmMachine.decryptExportedRoomKeys(forever, "passphrase")).toThrow(expect.objectContaining({ code: "rounds-out-of-range" }));
  expect(OlmMachine.decryptExportedRoomKeys(file, "passphrase")).toHaveLength(1);
});

const text = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

function first(device: TestDevice, kind: OutgoingRequest["kind"]): OutgoingRequest | undefined {
  return device.machine.outgoingRequests().find((request) => request.kind === kind);
}

/** A claim for a device that there is no session with yet. */
function claimOf(device: TestDevice, stranger: TestDevice): OutgoingRequest | undefined {
  device.machine.updateTrackedUsers([stranger.userId]);
  const query = first(device, "keys_query");
  if (query !== undefined) device.machine.markRequestAsSent(query.id, respond(device, query));
  return device.machine.getMissingSessions([stranger.userId]);
}

/** The server's real answer. What the attempt uploads is undone with it, so the server's copy must not be what the next one is held against. */
function respond(device: TestDevice, request: OutgoingRequest): JsonObject {
  if (request.kind === "keys_upload") return { one_time_key_counts: { signed_curve25519: 50 } };
  return device.server.handle(device, request);
}

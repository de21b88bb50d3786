// What devices ask each other for, with one thing changed. FUZZ_SEED=… repeats a run.
import { beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import { watchDevices } from "../support/fuzzed-devices.ts";
import { mutate, NASTY, undone } from "../support/hostile.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { seedOf, Seeded } from "../support/seeded.ts";

const SEED = seedOf("FUZZ_SEED");
const ALICE = "@alice:x";
const ROOM = "!room:x";
const RUNS = 80;

let chance: Seeded;
let old: TestDevice;
let fresh: TestDevice;
let bob: TestDevice;
let message: JsonObject;

watchDevices(() => [old, fresh, bob]);

/** Alice's old device has her keys and one of Bob's; her new one is verified, knows the old one and has asked for everything. */
beforeEach(() => {
  chance = new Seeded(SEED);
  const server = new KeyServer();
  const clock = new TestClock();
  old = new TestDevice(server, ALICE, "OLD", clock);
  fresh = new TestDevice(server, ALICE, "NEW", clock);
  bob = new TestDevice(server, "@bob:x", "BOB", clock);
  for (const device of [old, fresh, bob]) device.flush();
  old.send(...old.machine.bootstrapCrossSigning());
  bob.meet(old);
  message = bob.say(ROOM, "hello", old);
  old.sync();
  for (let round = 0; round < 2; round += 1) {
    for (const device of [old, fresh]) {
      device.machine.markUsersAsChanged([ALICE]);
      device.flush();
    }
    if (round === 0) old.send(...old.machine.verifyOwnDevice("NEW"));
  }
  fresh.send(...fresh.machine.verifyIdentity(ALICE));
  for (const { machine } of [old, fresh]) machine.setRoomKeyRequests({ requests: true, forwarding: true });
  fresh.machine.decryptRoomEvent(message, ROOM);
  fresh.flush();
  old.send(old.machine.getMissingSessions([ALICE]));
});

/** Everything that changed `content` is, in clear text and over Olm. */
function deliver(from: TestDevice, to: TestDevice, type: string, content: JsonObject, check: () => void): void {
  const receive = (event: unknown): void => {
    undone(to.store, () => {
      to.machine.receiveSyncChanges({ toDeviceEvents: [event] });
      to.machine.outgoingRequests();
      to.machine.secretsInbox();
      check();
    });
  };
  for (let run = 0; run < RUNS + NASTY.length; run += 1) {
    const changed = run < NASTY.length ? NASTY[run] : mutate(content, chance);
    receive({ type, sender: from.userId, content: changed });
    const inner = JSON.parse(JSON.stringify(changed ?? null).replaceAll(/\\ud[89a-f]../g, "")) as JsonObject;
    const encrypted = from.machine.encryptToDeviceEvent(to.userId, to.deviceId, type, inner);
    receive({ type: "m.room.encrypted", sender: from.userId, content: encrypted });
  }
}

test(`requests and their cancellations, FUZZ_SEED=${SEED}`, () => {
  const { toDeviceEvents } = old.server.sync(ALICE, "OLD");
  const requests = toDeviceEvents.filter(({ type }) => type === "m.secret.request" || type === "m.room_key_request");
  expect(requests).toHaveLength(5);
  fresh.send(fresh.machine.getMissingSessions([ALICE]));
  for (const { type, content } of requests) {
    deliver(fresh, old, type === "m.secret.request" ? type : "m.room_key_request", content as JsonObject, () => {
      // Whatever was asked for, by whomever: answers go to the one verified device only.
      const recipients = old.machine
        .outgoingRequests()
        .filter(({ kind, path }) => kind === "to_device" && path.includes("m.room.encrypted"))
        .flatMap(({ body }) => Object.entries(body["messages"] as Record<string, JsonObject>))
        .map(([userId, devices]) => [userId, ...Object.keys(devices)]);
      for (const recipient of recipients) expect(recipient).toEqual([ALICE, "NEW"]);
    });
  }
  old.machine.receiveSyncChanges({ toDeviceEvents });
  old.flush();
  expect(fresh.sync().secretsReceived).toHaveLength(3);
});

test(`answers, FUZZ_SEED=${SEED}`, () => {
  const seeds: Readonly<Record<string, string | undefined>> = old.machine.exportCrossSigningKeys();
  const [master] = fresh.store.secretRequests.all().filter(({ name }) => name === "m.cross_signing.master");
  const [key] = old.machine.exportRoomKeys();
  if (master === undefined || key === undefined) throw new Error("nothing was asked for");
  const { sender_claimed_keys: claimed, ...rest } = key;
  const forwarded = { ...rest, sender_claimed_ed25519_key: claimed.ed25519 ?? "" };
  const check = (): void => {
    for (const [name, seed] of Object.entries(fresh.machine.exportCrossSigningKeys())) expect(seed).toBe(seeds[name]);
    expect(fresh.machine.secretsInbox()).toEqual([]);
    const result = fresh.machine.decryptRoomEvent(message, ROOM);
    if (result.ok) expect(result.event.encryptionInfo.verificationState).toBe("insecureSource");
  };
  deliver(old, fresh, "m.secret.send", { request_id: master.requestId, secret: seeds["master"] ?? "" }, check);
  deliver(old, fresh, "m.forwarded_room_key", forwarded, check);
  expect(fresh.machine.exportCrossSigningKeys()).toEqual({});
});

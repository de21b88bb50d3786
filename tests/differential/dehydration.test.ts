import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";
import { objectField, parseJsonObject, stringField, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { WasmDevice } from "../support/wasm-device.ts";

// Dehydrated devices (MSC3814) between our machine and matrix-sdk-crypto: what one of them has put on the server, the other wakes up.

const ALICE = "@alice:example.org";
const BOB = "@bob:example.org";
const ROOM = "!room:example.org";
const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);

beforeAll(() => OlmMachine.ready());

const ourKey = () => Secret.from(KEY, "dehydration-key");
const theirKey = () => wasm.DehydratedDeviceKey.createKeyFromArray(Uint8Array.from(KEY));

async function world(): Promise<{ server: KeyServer; ours: TestDevice; bob: TestDevice; clock: TestClock }> {
  const server = new KeyServer();
  const clock = new TestClock();
  const ours = new TestDevice(server, ALICE, "OURS", clock);
  const bob = new TestDevice(server, BOB, "BOB", clock);
  for (const device of [ours, bob]) {
    device.flush();
    device.send(...device.machine.bootstrapCrossSigning());
    device.flush();
  }
  return { server, ours, bob, clock };
}

async function theirs(server: KeyServer, ours: TestDevice): Promise<WasmDevice> {
  const device = await WasmDevice.open(server, ALICE, "THEIRS");
  await device.flush();
  const { master, selfSigning, userSigning } = ours.machine.exportCrossSigningKeys();
  await device.machine.importCrossSigningKeys(master, selfSigning, userSigning);
  return device;
}

function parse(text: string): JsonObject {
  const json = parseJsonObject(text, { maxBytes: 1 << 24, maxDepth: 32 });
  if (!json.ok) throw new Error(json.error);
  return json.value;
}

const idOf = (body: JsonObject): string => stringField(body, "device_id") ?? "";

describe("a dehydrated device of ours", () => {
  test("is woken up by matrix-sdk-crypto, which reads what was sent to it, through one-time and fallback keys", async () => {
    const { server, ours, bob } = await world();
    using device = ours.machine.dehydration.create();
    using key = ourKey();
    const request = device.keysForUpload("Dehydrated device", key);
    ours.send(request);
    // The second sender finds no one-time key.
    bob.meet(ours);
    const events = [bob.say(ROOM, "one", ours), bob.say(ROOM, "two", ours)];
    server.device(ALICE, device.deviceId).oneTimeKeys.clear();
    const late = new TestDevice(server, BOB, "LATE", new TestClock());
    late.flush();
    late.meet(ours);
    events.push(late.say(ROOM, "three", ours));

    const woken = await theirs(server, ours);
    const data = JSON.stringify(objectField(request.body, "device_data"));
    const rehydrated = await woken.machine.dehydratedDevices().rehydrate(theirKey(), new wasm.DeviceId(device.deviceId), data);
    const inbox = server.device(ALICE, device.deviceId).inbox;
    expect(inbox.length).toBeGreaterThan(1);
    await rehydrated.receiveEvents(JSON.stringify(inbox));
    const bodies = [];
    for (const event of events) bodies.push(parse(await woken.read(ROOM, event))["body"]);
    expect(bodies).toEqual(["one", "two", "three"]);
  });

  test("gets room keys from matrix-sdk-crypto, and we read them", async () => {
    const { server, ours, clock } = await world();
    using device = ours.machine.dehydration.create();
    using key = ourKey();
    const request = device.keysForUpload("Dehydrated device", key);
    ours.send(request);
    const bob = await WasmDevice.open(server, "@bill:example.org", "BILL");
    await bob.flush();
    await bob.meet(ALICE);
    const event = await bob.say(ROOM, "to nobody's device", ALICE);

    const next = new TestDevice(server, ALICE, "NEXT", clock);
    next.flush();
    const read = () => next.machine.decryptRoomEvent(event, ROOM);
    expect(read().ok).toBe(false);
    const woken = next.machine.dehydration.rehydrate(key, device.deviceId, objectField(request.body, "device_data"));
    if (!woken.ok) throw new Error(woken.error);
    using rehydrated = woken.value;
    expect(rehydrated.receiveEvents(server.device(ALICE, device.deviceId).inbox)).toHaveLength(1);
    const result = read();
    expect(result.ok && result.event.content).toEqual({ msgtype: "m.text", body: "to nobody's device" });
  });
});

describe("a dehydrated device of matrix-sdk-crypto", () => {
  async function theirDevice(server: KeyServer, ours: TestDevice): Promise<JsonObject> {
    const device = await theirs(server, ours);
    const dehydrated = await device.machine.dehydratedDevices().create();
    const request = await dehydrated.keysForUpload("Dehydrated device", theirKey());
    const body = parse(request.body);
    server.handle(device, { kind: "dehydrated_device", path: "", body });
    return body;
  }

  test("is woken up by us, and we read what was sent to it, through one-time and fallback keys", async () => {
    const { server, ours, bob, clock } = await world();
    const body = await theirDevice(server, ours);
    expect(objectField(body, "device_data")).toMatchObject({ algorithm: "org.matrix.msc3814.v2" });
    bob.meet(ours);
    const events = [bob.say(ROOM, "one", ours)];
    server.device(ALICE, idOf(body)).oneTimeKeys.clear();
    const late = new TestDevice(server, BOB, "LATE", clock);
    late.flush();
    late.meet(ours);
    events.push(late.say(ROOM, "two", ours));

    const next = new TestDevice(server, ALICE, "NEXT", clock);
    next.flush();
    using key = ourKey();
    const woken = next.machine.dehydration.rehydrate(key, idOf(body), objectField(body, "device_data"));
    if (!woken.ok) throw new Error(woken.error);
    using rehydrated = woken.value;
    expect(rehydrated.receiveEvents(server.device(ALICE, idOf(body)).inbox)).toHaveLength(2);
    const results = events.map((event) => next.machine.decryptRoomEvent(event, ROOM));
    expect(results.map((result) => result.ok && result.event.content["body"])).toEqual(["one", "two"]);
  });

  test("stays shut for another key, and for a pickle or a nonce that is damaged", async () => {
    const { server, ours } = await world();
    const body = await theirDevice(server, ours);
    const data = objectField(body, "device_data") ?? {};
    const open = (bytes: Uint8Array, changes: JsonObject) => {
      using key = Secret.from(bytes, "dehydration-key");
      const result = ours.machine.dehydration.rehydrate(key, idOf(body), { ...data, ...changes });
      return result.ok ? "opened" : result.error;
    };
    const pickle = stringField(data, "device_pickle") ?? "";
    expect(open(new Uint8Array(32), {})).toBe("wrong-key");
    expect(open(KEY, { device_pickle: `${pickle[0] === "A" ? "B" : "A"}${pickle.slice(1)}` })).toBe("wrong-key");
    expect(open(KEY, { device_pickle: "AAAA" })).toBe("malformed");
    expect(open(KEY, { nonce: "AAAA" })).toBe("malformed");
    expect(open(KEY, { algorithm: "org.matrix.msc3814.v9" })).toBe("unsupported-algorithm");
  });
});

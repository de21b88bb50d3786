import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { KeyServer, TestClock, TestDevice } from "../support/machine-world.ts";
import { WasmDevice } from "../support/wasm-device.ts";

// Our machine against matrix-sdk-crypto, in process: each is the other's oracle.

const ROOM = "!room:example.org";
const OURS = "@ours:example.org";
const THEIRS = "@theirs:example.org";

beforeAll(() => OlmMachine.ready());

async function world(): Promise<{ server: KeyServer; clock: TestClock; ours: TestDevice; theirs: WasmDevice }> {
  const server = new KeyServer();
  const clock = new TestClock();
  const ours = new TestDevice(server, OURS, "OURS", clock);
  const theirs = await WasmDevice.open(server, THEIRS, "THEIRS");
  ours.flush();
  await theirs.flush();
  return { server, clock, ours, theirs };
}

function bodyOf(device: TestDevice, event: unknown): unknown {
  const result = device.machine.decryptRoomEvent(event, ROOM);
  return result.ok ? result.event.content["body"] : result.reason.code;
}

function meetTheirs(ours: TestDevice): void {
  ours.machine.updateTrackedUsers([THEIRS]);
  ours.flush();
  ours.send(ours.machine.getMissingSessions([THEIRS]));
}

function say(ours: TestDevice, body: string) {
  ours.send(...ours.machine.shareRoomKey(ROOM, [OURS, THEIRS]));
  const content = ours.machine.encryptRoomEvent(ROOM, "m.room.message", { msgtype: "m.text", body });
  return { type: "m.room.encrypted", room_id: ROOM, sender: OURS, event_id: `$${body}`, origin_server_ts: 1_700_000_000_000, content };
}

describe("keys", () => {
  test("they accept our device keys, and we theirs", async () => {
    const { ours, theirs } = await world();
    await theirs.meet(OURS);
    const seen = await theirs.machine.getDevice(new wasm.UserId(OURS), new wasm.DeviceId("OURS"));
    expect(seen?.curve25519Key?.toBase64()).toBe(ours.machine.identityKeys.curve25519);
    expect(seen?.ed25519Key?.toBase64()).toBe(ours.machine.identityKeys.ed25519);
    meetTheirs(ours);
    const { curve25519, ed25519 } = theirs.machine.identityKeys;
    expect(ours.machine.getDevice(THEIRS, "THEIRS")).toMatchObject({ curve25519: curve25519.toBase64(), ed25519: ed25519.toBase64() });
  });

  test("they accept our cross-signing identity and its signature on our device, and we theirs", async () => {
    const { ours, theirs } = await world();
    ours.send(...ours.machine.bootstrapCrossSigning());
    await theirs.meet(OURS);
    const device = await theirs.machine.getDevice(new wasm.UserId(OURS), new wasm.DeviceId("OURS"));
    expect(device?.isCrossSignedByOwner()).toBe(true);

    const bootstrap = await theirs.machine.bootstrapCrossSigning(true);
    const signingKeys: unknown = JSON.parse(bootstrap.uploadSigningKeysRequest.body);
    theirs.server.handle(theirs, { kind: "signing_keys_upload", path: "", body: signingKeys as never });
    await theirs.send(bootstrap.uploadSignaturesRequest as never);
    meetTheirs(ours);
    expect(ours.machine.getDevice(THEIRS, "THEIRS")).toMatchObject({ crossSigned: true, verified: false });
    expect(ours.machine.getIdentity(THEIRS)).toMatchObject({ verified: false, pinViolation: false, previouslyVerified: false });

    ours.send(...ours.machine.verifyIdentity(THEIRS));
    expect(ours.machine.getIdentity(THEIRS)?.verified).toBe(true);
    expect(ours.machine.getDevice(THEIRS, "THEIRS")?.verified).toBe(true);
  });
});

describe("messages", () => {
  test("ours to theirs, and their answer", async () => {
    const { ours, theirs } = await world();
    meetTheirs(ours);
    const first = say(ours, "first");
    await theirs.sync();
    expect(await theirs.read(ROOM, first)).toContain("first");
    expect(await theirs.read(ROOM, say(ours, "second"))).toContain("second");

    await theirs.meet(OURS);
    const answer = await theirs.say(ROOM, "answer", OURS);
    expect(ours.sync().roomKeys).toHaveLength(1);
    expect(bodyOf(ours, answer)).toBe("answer");
  });

  test("theirs to ours before we know their device", async () => {
    const { ours, theirs } = await world();
    await theirs.meet(OURS);
    const event = await theirs.say(ROOM, "hello", OURS);
    expect(ours.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", encryptionInfo: { senderDevice: "THEIRS" } }]);
    expect(bodyOf(ours, event)).toBe("hello");
  });

  test("a fallback key serves when the one-time keys ran out, on both sides", async () => {
    const { server, ours, theirs } = await world();
    for (const device of [ours, theirs]) {
      await device.sync();
      await device.flush();
      server.device(device.userId, device.deviceId).oneTimeKeys.clear();
    }
    meetTheirs(ours);
    await theirs.meet(OURS);
    expect(server.device(OURS, "OURS").fallbackUsed && server.device(THEIRS, "THEIRS").fallbackUsed).toBe(true);
    const one = say(ours, "one");
    const two = await theirs.say(ROOM, "two", OURS);
    ours.sync();
    await theirs.sync();
    expect(bodyOf(ours, two)).toBe("two");
    expect(await theirs.read(ROOM, one)).toContain("one");
  });

  test("both start a session at once", async () => {
    const { ours, theirs } = await world();
    meetTheirs(ours);
    await theirs.meet(OURS);
    for (let round = 0; round < 3; round++) {
      ours.machine.discardRoomKey(ROOM);
      await theirs.machine.invalidateGroupSession(new wasm.RoomId(ROOM));
      const one = say(ours, `ours ${round}`);
      const two = await theirs.say(ROOM, `theirs ${round}`, OURS);
      ours.sync();
      await theirs.sync();
      expect(bodyOf(ours, two)).toBe(`theirs ${round}`);
      expect(await theirs.read(ROOM, one)).toContain(`ours ${round}`);
    }
  });

  test("a session that they lost is replaced after an hour, and they use the new one", async () => {
    const { clock, ours, theirs } = await world();
    meetTheirs(ours);
    say(ours, "hello");
    await theirs.sync();
    await theirs.meet(OURS);
    clock.advance(60 * 60 * 1000);
    // Their message is damaged on its way, as if their ratchet had moved without ours.
    await theirs.machine.invalidateGroupSession(new wasm.RoomId(ROOM));
    const lost = await theirs.say(ROOM, "lost", OURS);
    const inbox = ours.server.device(OURS, "OURS").inbox;
    inbox.splice(0, inbox.length, ...inbox.map((event) => JSON.parse(JSON.stringify(event).replace(/("body":"[^"]{60})./, "$1_"))));
    expect(ours.sync().toDeviceEvents).toMatchObject([{ kind: "unableToDecrypt" }]);
    expect(bodyOf(ours, lost)).toBe("MissingMegolmSession");
    ours.flush();
    expect(await theirs.sync()).toHaveLength(1);
    // They share the key again, as the wedging index of our device has grown.
    const next = await theirs.say(ROOM, "next", OURS);
    ours.sync();
    expect(bodyOf(ours, next)).toBe("next");
  });
});

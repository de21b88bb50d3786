import { beforeAll, describe, expect, test, vi } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../tests/support/machine-world.ts";
import { olmPosition } from "../../tests/support/ratchet-census.ts";
import { Account } from "../primitives/account.ts";
import { soloCrew, type Crew } from "../primitives/crew/crew.ts";
import { openMemoryStore } from "../store/store.ts";
import { encodeDeviceKeys } from "../wire/device-keys.ts";
import { objectField, stringField, type JsonObject } from "../wire/json.ts";
import { OlmMachine } from "./olm-machine.ts";

const ROOM = "!room:example.org";
const PEOPLE = ["@bob:example.org", "@carol:example.org"];

/** Takes on everything, without threads: what a crew does and when must not depend on them. */
const eagerCrew: Crew = { isWorthwhile: () => true, run: soloCrew.run };

beforeAll(() => OlmMachine.ready());

type World = { server: KeyServer; clock: TestClock; solo: TestDevice; crewed: TestDevice; crowd: TestDevice[] };

/** Two who ask for the same things, one of them with a crew; and people with two devices each, the first of whom have signed theirs. */
function world(): World {
  const server = new KeyServer();
  const clock = new TestClock();
  const solo = new TestDevice(server, "@solo:example.org", "SOLO", clock);
  const crewed = new TestDevice(server, "@crewed:example.org", "CREWED", clock, openMemoryStore(), eagerCrew);
  const crowd = PEOPLE.flatMap((userId) => ["ONE", "TWO"].map((deviceId) => new TestDevice(server, userId, deviceId, clock)));
  for (const device of [solo, crewed, ...crowd]) device.flush();
  const [bob] = crowd;
  bob?.send(...bob.machine.bootstrapCrossSigning());
  bob?.flush();
  return { server, clock, solo, crewed, crowd };
}

const devicesSeenBy = ({ machine }: TestDevice): unknown =>
  PEOPLE.map((userId) => [
    machine.getIdentity(userId),
    machine.getUserDevices(userId).map((device) => [device.deviceId, device.ed25519, device.crossSigned]),
  ]);

function corruptSignature(signed: JsonObject): JsonObject {
  const text = JSON.stringify(signed.signatures);
  const at = text.lastIndexOf('":"') + 8;
  return { ...signed, signatures: JSON.parse(text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1)) as JsonObject };
}

describe("with a crew, as without one,", () => {
  test("devices and identities count whose signatures are right, and no others", () => {
    const { server, solo, crewed } = world();
    const before = server.device("@carol:example.org", "TWO");
    before.keys = corruptSignature(before.keys ?? {});
    server.device("@carol:example.org", "THREE").keys = server.device("@carol:example.org", "ONE").keys;
    for (const asking of [solo, crewed]) asking.askFor(...PEOPLE);
    const [bob, carol] = PEOPLE.map((userId) => crewed.machine.getUserDevices(userId));
    expect(bob?.map(({ deviceId, crossSigned }) => [deviceId, crossSigned])).toEqual([
      ["ONE", true],
      ["TWO", false],
    ]);
    expect(carol?.map(({ deviceId }) => deviceId)).toEqual(["ONE"]);
    expect(devicesSeenBy(crewed)).toEqual(devicesSeenBy(solo));
  });

  test("an identity whose self-signing key is not signed by its master key is none", () => {
    const { server, solo, crewed } = world();
    const keys = server.crossSigning.get("@bob:example.org");
    if (keys === undefined) throw new Error("bob has no identity");
    server.crossSigning.set("@bob:example.org", { ...keys, selfSigning: corruptSignature(keys.selfSigning) });
    for (const asking of [solo, crewed]) asking.askFor(...PEOPLE);
    expect([solo, crewed].map(({ machine }) => machine.getIdentity("@bob:example.org"))).toEqual([undefined, undefined]);
  });

  test("a session is opened with every device whose one-time key is signed, and it works", () => {
    const { server, crewed, crowd } = world();
    crewed.machine.updateTrackedUsers(PEOPLE);
    crewed.flush();
    const claim = crewed.machine.getMissingSessions(PEOPLE);
    if (claim === undefined) throw new Error("nothing to claim");
    const response = server.handle(crewed, claim);
    const ofCarol = objectField(objectField(response, "one_time_keys") ?? {}, "@carol:example.org") ?? {};
    const [keyId, key] = Object.entries(objectField(ofCarol, "ONE") ?? {})[0] ?? [];
    Object.assign(ofCarol, { ONE: { [keyId ?? ""]: corruptSignature(key as JsonObject) } });
    crewed.machine.markRequestAsSent(claim.id, response);
    const event = crewed.say(ROOM, "hello", ...crowd);
    const read = crowd.map((device) => {
      device.sync();
      return device.machine.decryptRoomEvent(event, ROOM).ok;
    });
    expect(read).toEqual([true, true, false, true]);
  });
});

describe("room keys that a crew encrypts", () => {
  const readBy = (devices: readonly TestDevice[], event: JsonObject): boolean[] =>
    devices.map((device) => {
      device.sync();
      return device.machine.decryptRoomEvent(event, ROOM).ok;
    });

  test("are read by everyone, one after the other, also over a restart and in turns with single messages", () => {
    const { crewed, crowd } = world();
    crewed.meet(...crowd);
    const [bob] = crowd;
    if (bob === undefined) throw new Error("no bob");
    for (const text of ["first", "second", "third"]) {
      expect(readBy(crowd, crewed.say(ROOM, text, ...crowd))).toEqual([true, true, true, true]);
      crewed.machine.discardRoomKey(ROOM);
      const content = crewed.machine.encryptToDeviceEvent(bob.userId, bob.deviceId, "com.example.note", { text });
      bob.server.device(bob.userId, bob.deviceId).inbox.push({ type: "m.room.encrypted", sender: crewed.userId, content });
      expect(bob.sync().toDeviceEvents).toMatchObject([{ kind: "decrypted", event: { content: { text } } }]);
      crewed.restart();
    }
  });

  test("never use one state of a ratchet twice, also where a server made up a second device with the same key", () => {
    const { server, crewed, crowd } = world();
    const [bob] = crowd;
    if (bob === undefined) throw new Error("no bob");
    using account = Account.create();
    const { curve25519 } = bob.machine.identityKeys;
    const madeUp = { userId: bob.machine.userId, deviceId: "Z" as never, curve25519, ed25519: account.identityKeys.ed25519 };
    server.device(bob.userId, "Z").keys = encodeDeviceKeys(madeUp, (message) => account.sign(message));
    crewed.meet(...crowd);
    const event = crewed.say(ROOM, "hello", ...crowd);
    const positionFor = (deviceId: string): unknown => {
      const [sent = {}] = server.device(bob.userId, deviceId).inbox;
      const ciphertext = objectField(objectField(sent, "content") ?? {}, "ciphertext") ?? {};
      return olmPosition(stringField(objectField(ciphertext, curve25519) ?? {}, "body") ?? "", 0);
    };
    const positions = ["ONE", "Z"].map(positionFor);
    expect(positions[0]).toMatchObject({ counter: 0 });
    expect(positions[1]).toMatchObject({ counter: 1 });
    expect(readBy(crowd, event)).toEqual([true, true, true, true]);
  });
});

describe("events that are decrypted ahead", () => {
  function conversation(): { readers: TestDevice[]; events: JsonObject[] } {
    const { solo, crewed, crowd } = world();
    const [bob] = crowd;
    if (bob === undefined) throw new Error("no bob");
    bob.meet(solo, crewed);
    const events = Array.from({ length: 6 }, (_, i) => bob.say(ROOM, `message ${i}`, solo, crewed));
    for (const reader of [solo, crewed]) {
      reader.askFor(bob.userId);
      reader.sync();
    }
    return { readers: [solo, crewed], events };
  }

  const outcomes = ({ machine, store }: TestDevice, events: readonly JsonObject[]): unknown =>
    store.transaction(() => {
      machine.decryptAhead(events.map((event) => ({ event, roomId: ROOM })));
      return events.map((event) => {
        const result = machine.decryptRoomEvent(event, ROOM);
        return result.ok ? [result.event.content["body"], result.event.encryptionInfo.verificationState] : result.reason.code;
      });
    });

  test("read as they do without, also the forged, repeated, foreign and unreadable ones", () => {
    const { readers, events } = conversation();
    const [first = {}, second = {}, third = {}] = events;
    const content = objectField(second, "content") ?? {};
    const ciphertext = stringField(content, "ciphertext") ?? "";
    const all = [
      ...events.toReversed(),
      { ...first, event_id: "$repeated" },
      { ...second, event_id: "$forged", content: { ...content, ciphertext: `${ciphertext.slice(0, 40)}AAAA${ciphertext.slice(44)}` } },
      { ...second, event_id: "$foreign", room_id: "!other:example.org" },
      { ...third, event_id: "$unknown", content: { ...content, session_id: "A".repeat(43) } },
      { ...third, event_id: "$text", content: { body: "in clear" } },
    ];
    const [solo, crewed] = readers.map((reader) => outcomes(reader, all));
    expect(crewed).toEqual(solo);
    expect(crewed).toContain("ReplayedMessage");
    expect(crewed).toContain("MissingMegolmSession");
    expect(crewed).toContainEqual(["message 5", expect.anything()]);
  });

  test("are decrypted once", () => {
    const { readers, events } = conversation();
    const run = vi.spyOn(eagerCrew, "run");
    const [, crewed] = readers;
    expect(outcomes(crewed as TestDevice, events)).toHaveLength(events.length);
    expect(run.mock.calls.map(([task, , pieces]) => [task, pieces.length])).toEqual([["decrypt", events.length]]);
    run.mockRestore();
  });

  test("are given out once, whoever names them twice", () => {
    const { readers, events } = conversation();
    const [first = {}] = events;
    const [solo, crewed] = readers.map((reader) =>
      outcomes(reader, [first, { ...first, event_id: "$again" }, { ...first, event_id: "$more" }]),
    );
    expect(crewed).toEqual(solo);
    expect(crewed).toEqual([["message 0", expect.anything()], "ReplayedMessage", "ReplayedMessage"]);
  });

  test("are decrypted one by one where a crew gives up in the middle", () => {
    const { readers, events } = conversation();
    const crewed = readers[1] as TestDevice;
    using run = vi.spyOn(eagerCrew, "run").mockImplementation(function* () {
      yield undefined;
      throw new Error("gave up");
    });
    const named = events.map((event) => ({ event, roomId: ROOM }));
    const read = crewed.store.transaction(() => {
      crewed.machine.decryptAhead(named);
      return named.map(({ event }) => {
        try {
          return crewed.machine.decryptRoomEvent(event, ROOM).ok;
        } catch (error) {
          return String(error);
        }
      });
    });
    expect(run).toHaveBeenCalledTimes(1);
    expect(read).toEqual([true, "Error: gave up", ...events.slice(2).map(() => true)]);
  });

  test("are forgotten with a transaction that is taken back, and can be read after it", () => {
    const { readers, events } = conversation();
    const crewed = readers[1] as TestDevice;
    expect(() =>
      crewed.store.transaction(() => {
        crewed.machine.decryptAhead(events.map((event) => ({ event, roomId: ROOM })));
        throw new Error("taken back");
      }),
    ).toThrow("taken back");
    const read = events.map((event) => crewed.machine.decryptRoomEvent(event, ROOM).ok);
    expect(read).toEqual(events.map(() => true));
  });
});

import { beforeAll, describe, expect, test } from "vitest";
import { refresh, KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";

const ROOM = "!room:example.org";
const ALICE = "@alice:example.org";
const BOB = "@bob:example.org";
const METHODS = ["m.sas.v1", "m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"];
const MINUTE = 60_000;

beforeAll(() => OlmMachine.ready());

type World = { readonly server: KeyServer; readonly clock: TestClock; readonly alice: TestDevice; readonly bob: TestDevice };

/** Two users with identities, who know each other's keys. */
function world(): World {
  const server = new KeyServer();
  const clock = new TestClock();
  const alice = new TestDevice(server, ALICE, "A", clock);
  const bob = new TestDevice(server, BOB, "B", clock);
  for (const device of [alice, bob]) {
    device.flush();
    device.send(...device.machine.bootstrapCrossSigning());
  }
  refresh(alice, bob);
  return { server, clock, alice, bob };
}

/** Sends and receives until nothing moves. */
function settle(...devices: TestDevice[]): void {
  for (let round = 0; round < 8; round++) {
    for (const device of devices) device.flush();
    for (const device of devices) device.sync();
  }
}

/** Both are ready; by to-device. */
function ready({ alice, bob }: World): string {
  const { flowId, requests } = alice.machine.requestDeviceVerification(BOB, "B", METHODS);
  alice.send(...requests);
  settle(alice, bob);
  bob.send(...bob.machine.acceptVerification(ALICE, flowId, METHODS));
  settle(alice, bob);
  return flowId;
}

function withCodes(all: World): string {
  const { alice, bob } = all;
  const flowId = ready(all);
  alice.send(...alice.machine.startSas(BOB, flowId));
  settle(alice, bob);
  bob.send(...bob.machine.acceptSas(ALICE, flowId));
  settle(alice, bob);
  return flowId;
}

const phase = (device: TestDevice, userId: string): string | undefined => device.machine.getVerificationRequests(userId).at(-1)?.phase;
const uploads = (device: TestDevice): OutgoingRequest[] =>
  device.machine.outgoingRequests().filter(({ kind }) => kind === "signatures_upload");
const contentsOf = ({ body }: OutgoingRequest): JsonObject[] =>
  Object.values(objectField(body, "messages") ?? {}).flatMap((devices) =>
    isJsonObject(devices) ? Object.values(devices).filter(isJsonObject) : [],
  );

describe("SAS between two of our machines", () => {
  test("verifies both users, and the signatures reach the server", () => {
    const all = world();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    const [hers, his] = [alice.machine.getVerification(BOB, flowId), bob.machine.getVerification(ALICE, flowId)];
    if (hers?.kind !== "sas" || his?.kind !== "sas") throw new Error("no SAS");
    expect(hers.emoji).toHaveLength(7);
    expect([hers.emoji, hers.decimals]).toEqual([his.emoji, his.decimals]);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    settle(alice, bob);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "confirmed" });
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(false);
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    settle(alice, bob);
    for (const [device, other] of [
      [alice, BOB],
      [bob, ALICE],
    ] as const) {
      expect(device.machine.getVerification(other, flowId)).toMatchObject({ kind: "sas", state: "done" });
      expect(phase(device, other)).toBe("done");
      expect(device.machine.getIdentity(other)).toMatchObject({ verified: true });
      expect(device.machine.getUserDevices(other)[0]).toMatchObject({ verified: true, crossSigned: true });
    }
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).toContain(ALICE);
  });

  test("signs nothing when one side says that the codes differ", () => {
    const all = world();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    settle(alice, bob);
    bob.send(...bob.machine.cancelVerification(ALICE, flowId, "m.mismatched_sas"));
    settle(alice, bob);
    for (const [device, other] of [
      [alice, BOB],
      [bob, ALICE],
    ] as const) {
      expect(device.machine.getVerification(other, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.mismatched_sas" });
      expect(device.machine.getIdentity(other)?.verified).toBe(false);
      expect(device.machine.getUserDevices(other)[0]?.verified).toBe(false);
    }
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).not.toContain(ALICE);
  });

  test("signs nothing when a key was exchanged on the server meanwhile", () => {
    const all = world();
    const { alice, bob, server } = all;
    const flowId = withCodes(all);
    // Somebody gives Alice another identity of Bob before the end.
    bob.machine.bootstrapCrossSigning({ reset: true }).forEach((request) => server.handle(bob, request));
    refresh(alice);
    alice.machine.markUsersAsChanged([BOB]);
    alice.flush();
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    settle(alice, bob);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.key_mismatch" });
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(false);
    expect(alice.store.signatureUploads.all()).toEqual([]);
  });

  test("an identity of ours that we have not verified signs nobody, though its keys are here", () => {
    const all = world();
    const { alice, bob } = all;
    const own = alice.machine.getIdentity(ALICE);
    const record = alice.store.identities.all().find(({ userId }) => userId === ALICE);
    if (record === undefined || own === undefined) throw new Error("no identity");
    alice.store.identities.save({ ...record, verifiedMasterKey: undefined });
    alice.restart();
    const fresh = new TestDevice(all.server, ALICE, "A2", all.clock);
    fresh.flush();
    refresh(alice, bob, fresh);
    for (const [other, otherId] of [
      [bob, BOB],
      [fresh, ALICE],
    ] as const) {
      const { flowId, requests } = alice.machine.requestDeviceVerification(otherId, other.deviceId, METHODS);
      alice.send(...requests);
      settle(alice, other);
      other.send(...other.machine.acceptVerification(ALICE, flowId, METHODS));
      settle(alice, other);
      alice.send(...alice.machine.startSas(otherId, flowId));
      settle(alice, other);
      other.send(...other.machine.acceptSas(ALICE, flowId));
      settle(alice, other);
      alice.send(...alice.machine.confirmSas(otherId, flowId));
      other.send(...other.machine.confirmSas(ALICE, flowId));
      settle(alice, other);
      expect(alice.machine.getVerification(otherId, flowId)).toMatchObject({ state: "done" });
      expect(alice.machine.getDevice(otherId, other.deviceId)).toMatchObject({ localTrust: "verified" });
    }
    expect(alice.machine.getDevice(ALICE, "A2")?.crossSigned).toBe(false);
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).not.toContain(ALICE);
  });

  test("a changed message on the way ends it", () => {
    const all = world();
    const { alice, bob, server } = all;
    const flowId = withCodes(all);
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    const inbox = server.device(ALICE, "A").inbox;
    const mac = inbox.at(-1) ?? {};
    inbox[inbox.length - 1] = { ...mac, content: { ...objectField(mac, "content"), keys: "A".repeat(43) } };
    settle(alice, bob);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({
      state: "cancelled",
      cancelCode: "m.key_mismatch",
      cancelledByUs: true,
    });
    expect(bob.machine.getVerification(ALICE, flowId)).toMatchObject({
      state: "cancelled",
      cancelCode: "m.key_mismatch",
      cancelledByUs: false,
    });
  });

  test("without a request, as old clients start it", () => {
    const all = world();
    const { alice, bob, server, clock } = all;
    const content = {
      from_device: "B",
      transaction_id: "old",
      method: "m.sas.v1",
      key_agreement_protocols: ["curve25519-hkdf-sha256"],
      hashes: ["sha256"],
      message_authentication_codes: ["hkdf-hmac-sha256"],
      short_authentication_string: ["decimal"],
    };
    server.device(ALICE, "A").inbox.push({ type: "m.key.verification.start", sender: BOB, content });
    alice.sync();
    expect(alice.machine.getVerification(BOB, "old")).toMatchObject({ kind: "sas", state: "started", weStarted: false });
    const [accept] = alice.machine.acceptSas(BOB, "old");
    expect(contentsOf(accept ?? { id: "", kind: "to_device", method: "PUT", path: "", body: {} })[0]).toMatchObject({
      message_authentication_code: "hkdf-hmac-sha256",
      short_authentication_string: ["decimal"],
    });
    clock.advance(2 * MINUTE);
    alice.sync();
    expect(alice.machine.getVerification(BOB, "old")).toMatchObject({ state: "cancelled", cancelCode: "m.timeout" });
    expect(bob.machine.getVerificationRequests()).toEqual([]);
  });
});

describe("requests", () => {
  test("of the past, the future, of nobody, or of us do not count", () => {
    const { alice, server, clock } = world();
    const request = (changes: JsonObject): void => {
      const content = { from_device: "B", transaction_id: "t", methods: METHODS, timestamp: clock.ms, ...changes };
      server.device(ALICE, "A").inbox.push({ type: "m.key.verification.request", sender: BOB, content });
      alice.sync();
    };
    for (const changes of [
      { timestamp: clock.ms - 10 * MINUTE - 1 },
      { timestamp: clock.ms + 5 * MINUTE + 1 },
      { timestamp: "now" },
      { from_device: "" },
      { transaction_id: "" },
      { methods: "m.sas.v1" },
    ]) {
      request(changes);
      expect(alice.machine.getVerificationRequests()).toEqual([]);
    }
    request({ timestamp: clock.ms - 10 * MINUTE });
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([
      { flowId: "t", phase: "requested", deviceId: "B", theirMethods: METHODS },
    ]);
  });

  test("end after ten minutes, with a word to the other side", () => {
    const all = world();
    const { alice, bob, clock } = all;
    const flowId = ready(all);
    clock.advance(10 * MINUTE);
    alice.sync();
    expect(phase(alice, BOB)).toBe("ready");
    clock.advance(1);
    alice.sync();
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([
      { flowId, phase: "cancelled", cancelCode: "m.timeout", cancelledByUs: true },
    ]);
    alice.flush();
    bob.sync();
    expect(phase(bob, ALICE)).toBe("cancelled");
  });

  test("no late message revives one that has timed out", () => {
    const all = world();
    const { alice, bob, clock } = all;
    const flowId = ready(all);
    bob.send(...bob.machine.startSas(ALICE, flowId));
    clock.advance(10 * MINUTE + 1);
    alice.sync();
    expect(alice.machine.getVerification(BOB, flowId)).toBeUndefined();
    expect(phase(alice, BOB)).toBe("cancelled");
  });

  test("two with one user end both", () => {
    const { alice, bob, server, clock } = world();
    for (const transaction of ["one", "two"]) {
      const content = { from_device: "B", transaction_id: transaction, methods: METHODS, timestamp: clock.ms };
      server.device(ALICE, "A").inbox.push({ type: "m.key.verification.request", sender: BOB, content });
    }
    alice.sync();
    expect(alice.machine.getVerificationRequests(BOB).map(({ phase: is }) => is)).toEqual(["cancelled", "cancelled"]);
    const said = alice.machine.outgoingRequests().flatMap(contentsOf);
    expect(said.map(({ transaction_id: id, code }) => [id, code])).toEqual([
      ["one", "m.unexpected_message"],
      ["two", "m.unexpected_message"],
    ]);
    expect(bob.machine.getVerificationRequests()).toEqual([]);
  });

  test("a new one of ours ends the old one first", () => {
    const { alice } = world();
    alice.machine.requestDeviceVerification(BOB, "B", METHODS);
    const { requests } = alice.machine.requestDeviceVerification(BOB, "B", METHODS);
    expect(requests.map(({ path }) => path.split("/")[5])).toEqual(["m.key.verification.cancel", "m.key.verification.request"]);
  });

  test("to all our devices: the others hear that one has answered", () => {
    const { alice, server, clock } = world();
    const [second, third] = ["A2", "A3"].map((id) => new TestDevice(server, ALICE, id, clock));
    if (second === undefined || third === undefined) throw new Error("no devices");
    for (const device of [second, third]) device.flush();
    refresh(alice, second, third);
    const { flowId, requests } = alice.machine.requestOwnVerification(METHODS);
    alice.send(...requests);
    settle(alice, second, third);
    expect([second, third].map((device) => phase(device, ALICE))).toEqual(["requested", "requested"]);
    second.send(...second.machine.acceptVerification(ALICE, flowId, METHODS));
    settle(alice, second, third);
    expect(alice.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "ready", deviceId: "A2" });
    expect(third.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "cancelled", cancelCode: "m.accepted" });
    expect(second.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "ready" });
  });

  test("from a new device: go to those that the identity vouches for", () => {
    const { alice, server, clock } = world();
    const fresh = new TestDevice(server, ALICE, "A2", clock);
    new TestDevice(server, ALICE, "A3", clock).flush();
    fresh.flush();
    refresh(fresh, alice);
    const { requests } = fresh.machine.requestOwnVerification(METHODS);
    expect(Object.keys(objectField(objectField(requests[0]?.body ?? {}, "messages") ?? {}, ALICE) ?? {})).toEqual(["A"]);
    expect(() => alice.machine.requestDeviceVerification(ALICE, "A", METHODS)).toThrow("unknown-device");
    expect(() => alice.machine.requestUserVerification("@nobody:x.org", ROOM, METHODS)).toThrow("unknown-identity");
  });

  test("from a device that we have not seen yet wait for its keys", () => {
    const { alice, server, clock } = world();
    const fresh = new TestDevice(server, ALICE, "NEW", clock);
    fresh.flush();
    refresh(fresh);
    const { flowId, requests } = fresh.machine.requestOwnVerification(METHODS);
    fresh.send(...requests);
    alice.sync();
    expect(alice.machine.getVerificationRequests(ALICE)).toEqual([]);
    alice.flush();
    expect(alice.machine.getVerificationRequests(ALICE)).toMatchObject([{ flowId, phase: "requested", deviceId: "NEW" }]);
  });
});

describe("what others send", () => {
  test("with another sender, from another device or over the other transport is ignored", () => {
    const all = world();
    const { alice, server } = all;
    const flowId = ready(all);
    const cancel = { type: "m.key.verification.cancel", content: { transaction_id: flowId, code: "m.user" } };
    server.device(ALICE, "A").inbox.push({ ...cancel, sender: "@carol:example.org" });
    const start = { transaction_id: flowId, from_device: "ELSE", method: "m.reciprocate.v1", secret: "AAAA" };
    server.device(ALICE, "A").inbox.push({ type: "m.key.verification.start", sender: BOB, content: start });
    alice.sync();
    const reference = { rel_type: "m.reference", event_id: flowId };
    alice.machine.receiveVerificationEvent(
      { ...cancel, sender: BOB, event_id: "$c", origin_server_ts: 1, content: { "m.relates_to": reference, code: "m.user" } },
      ROOM,
    );
    expect(phase(alice, BOB)).toBe("ready");
  });

  test("from a second device of the same user is ignored, in clear and over Olm", () => {
    const all = world();
    const { alice, bob, server, clock } = all;
    const second = new TestDevice(server, BOB, "B2", clock);
    second.flush();
    refresh(alice, bob, second);
    const { flowId, requests } = alice.machine.requestDeviceVerification(BOB, "B", METHODS);
    alice.send(...requests);
    const push = (type: string, content: JsonObject): void => {
      server
        .device(ALICE, "A")
        .inbox.push({ type: `m.key.verification.${type}`, sender: BOB, content: { transaction_id: flowId, ...content } });
      alice.sync();
    };
    push("ready", { from_device: "B2", methods: METHODS });
    expect(phase(alice, BOB)).toBe("created");
    push("ready", { from_device: "B", methods: METHODS });
    expect(phase(alice, BOB)).toBe("ready");
    push("start", { from_device: "B2", method: "m.reciprocate.v1", secret: "AAAA" });
    expect(phase(alice, BOB)).toBe("ready");
    second.meet(alice);
    const cancel = { transaction_id: flowId, code: "m.user" };
    const encrypted = second.machine.encryptToDeviceEvent(ALICE, "A", "m.key.verification.cancel", cancel);
    server.device(ALICE, "A").inbox.push({ type: "m.room.encrypted", sender: BOB, content: encrypted });
    expect(alice.sync().toDeviceEvents.at(-1)?.kind).toBe("decrypted");
    expect(phase(alice, BOB)).toBe("ready");
    bob.meet(alice);
    const his = bob.machine.encryptToDeviceEvent(ALICE, "A", "m.key.verification.cancel", cancel);
    server.device(ALICE, "A").inbox.push({ type: "m.room.encrypted", sender: BOB, content: his });
    alice.sync();
    expect(phase(alice, BOB)).toBe("cancelled");
  });

  test("malformed: ends the flow with m.invalid_message", () => {
    const all = world();
    const flowId = withCodes(all);
    const content = { transaction_id: flowId, mac: {}, keys: 1 };
    all.server.device(ALICE, "A").inbox.push({ type: "m.key.verification.mac", sender: BOB, content });
    all.alice.sync();
    expect(all.alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.invalid_message" });
  });

  test("anything at all: no exception", () => {
    const { alice, server } = world();
    const values: unknown[] = [
      null,
      1,
      "x",
      [],
      {},
      { transaction_id: "t" },
      { transaction_id: 1, from_device: {} },
      { "m.relates_to": [] },
    ];
    for (const type of ["request", "ready", "start", "accept", "key", "mac", "done", "cancel", "", "__proto__"]) {
      for (const content of values) {
        server.device(ALICE, "A").inbox.push({ type: `m.key.verification.${type}`, sender: BOB, content } as JsonObject);
        alice.machine.receiveVerificationEvent({ type: `m.key.verification.${type}`, sender: BOB, content, event_id: "$e" }, ROOM);
        alice.machine.receiveVerificationEvent(content, ROOM);
      }
    }
    alice.sync();
    expect(alice.machine.getVerificationRequests()).toEqual([]);
  });
});

describe("in a room", () => {
  type Post = { type: string; sender: string; event_id: string; content: JsonObject; origin_server_ts: number; unsigned: JsonObject };
  let count = 0;
  const post = (from: TestDevice, request: OutgoingRequest | undefined, ts: number): Post => ({
    type: request?.room?.eventType ?? "",
    sender: from.userId,
    event_id: `$event${count++}`,
    content: request?.body ?? {},
    origin_server_ts: ts,
    unsigned: { transaction_id: request?.id ?? "" },
  });

  test("the flow is named by the event, and the first id stays good", () => {
    const { alice, bob, clock } = world();
    const { flowId, requests } = alice.machine.requestUserVerification(BOB, ROOM, METHODS);
    expect(requests[0]).toMatchObject({ kind: "room_message", room: { roomId: ROOM, eventType: "m.room.message" } });
    expect(requests[0]?.path).toContain(`/rooms/${encodeURIComponent(ROOM)}/send/m.room.message/`);
    const event = post(alice, requests[0], clock.ms);
    alice.machine.markRequestAsSent(requests[0]?.id ?? "", { event_id: event.event_id });
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([{ flowId: event.event_id, phase: "created", roomId: ROOM }]);
    bob.machine.receiveVerificationEvent(event, ROOM);
    const [answer] = bob.machine.acceptVerification(ALICE, event.event_id, METHODS);
    expect(answer?.body).toMatchObject({ "m.relates_to": { rel_type: "m.reference", event_id: event.event_id }, from_device: "B" });
    alice.machine.receiveVerificationEvent(post(bob, answer, clock.ms), ROOM);
    expect(alice.machine.startSas(BOB, flowId)).toHaveLength(1);
    expect(alice.machine.getVerification(BOB, event.event_id)).toMatchObject({ state: "created" });
    // Neither another member of the room nor a to-device message has a say in it.
    const cancel = { ...post(bob, undefined, clock.ms), type: "m.key.verification.cancel" };
    const content = { code: "m.user", "m.relates_to": { rel_type: "m.reference", event_id: event.event_id } };
    alice.machine.receiveVerificationEvent({ ...cancel, sender: "@carol:example.org", content }, ROOM);
    alice.machine.receiveVerificationEvent({ ...cancel, content }, "!other:example.org");
    const toDevice = { type: cancel.type, sender: BOB, content: { code: "m.user", transaction_id: event.event_id } };
    alice.machine.receiveSyncChanges({ toDeviceEvents: [toDevice] });
    expect(phase(alice, BOB)).toBe("transitioned");
    alice.machine.receiveVerificationEvent({ ...cancel, content }, ROOM);
    expect(phase(alice, BOB)).toBe("cancelled");
  });

  test("our own event, or an answer to it, may come before the server's response", () => {
    const { alice, bob, clock } = world();
    const first = alice.machine.requestUserVerification(BOB, ROOM, METHODS);
    const echo = post(alice, first.requests[0], clock.ms);
    alice.machine.receiveVerificationEvent(echo, ROOM);
    expect(alice.machine.getVerificationRequests(BOB)[0]?.flowId).toBe(echo.event_id);
    alice.machine.cancelVerification(BOB, first.flowId, "m.user");

    const second = alice.machine.requestUserVerification(BOB, ROOM, METHODS);
    const event = { ...post(alice, second.requests.at(-1), clock.ms), unsigned: {} };
    bob.machine.receiveVerificationEvent(event, ROOM);
    const answer = post(bob, bob.machine.acceptVerification(ALICE, event.event_id, METHODS)[0], clock.ms);
    alice.machine.receiveVerificationEvent(answer, ROOM);
    expect(phase(alice, BOB)).toBe("created");
    alice.machine.markRequestAsSent(second.requests.at(-1)?.id ?? "", { event_id: event.event_id });
    expect(phase(alice, BOB)).toBe("ready");
  });

  test("a request to somebody else, in the past, or of ours is none", () => {
    const { alice, bob, clock } = world();
    const { requests } = alice.machine.requestUserVerification(BOB, ROOM, METHODS);
    const event = post(alice, requests[0], clock.ms);
    const carol = { ...event, content: { ...event.content, to: "@carol:example.org" } };
    bob.machine.receiveVerificationEvent(carol, ROOM);
    bob.machine.receiveVerificationEvent({ ...event, origin_server_ts: clock.ms - 11 * MINUTE }, ROOM);
    bob.machine.receiveVerificationEvent({ ...event, sender: BOB }, ROOM);
    bob.machine.receiveVerificationEvent({ ...event, state_key: "" }, ROOM);
    expect(bob.machine.getVerificationRequests()).toEqual([]);
    // As `decryptRoomEvent` gives it.
    const { event_id: eventId, origin_server_ts: originServerTs, ...rest } = event;
    bob.machine.receiveVerificationEvent({ ...rest, eventId, originServerTs }, ROOM);
    expect(phase(bob, ALICE)).toBe("requested");
  });

  test("another device of ours answers: ours has nothing to ask any more", () => {
    const { alice, bob, server, clock } = world();
    const second = new TestDevice(server, BOB, "B2", clock);
    second.flush();
    refresh(alice, bob, second);
    const { requests } = alice.machine.requestUserVerification(BOB, ROOM, METHODS);
    const event = post(alice, requests[0], clock.ms);
    for (const device of [bob, second]) device.machine.receiveVerificationEvent(event, ROOM);
    const answer = post(second, second.machine.acceptVerification(ALICE, event.event_id, METHODS)[0], clock.ms);
    for (const device of [bob, second]) device.machine.receiveVerificationEvent(answer, ROOM);
    expect(bob.machine.getVerificationRequests(ALICE)[0]).toMatchObject({ phase: "cancelled", cancelCode: "m.accepted" });
    expect(phase(second, ALICE)).toBe("ready");
  });
});

describe("the calls", () => {
  test("for a flow that is not there", () => {
    const { machine } = world().alice;
    for (const call of ["startSas", "acceptSas", "confirmSas", "confirmQrScanned", "generateQrCode"] as const) {
      expect(() => machine[call](BOB, "nothing")).toThrow("unknown-verification");
    }
    expect(machine.getVerification(BOB, "nothing")).toBeUndefined();
    expect(machine.getVerification("nobody", "nothing")).toBeUndefined();
    expect(machine.getVerificationRequests("nobody")).toEqual([]);
    expect(() => machine.startSas("nobody", "x")).toThrow("invalid-user-id");
  });

  test("in a state that does not wait for them do nothing", () => {
    const all = world();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    expect(alice.machine.startSas(BOB, flowId)).toEqual([]);
    expect(alice.machine.acceptSas(BOB, flowId)).toEqual([]);
    expect(alice.machine.acceptVerification(BOB, flowId, METHODS)).toEqual([]);
    expect(alice.machine.confirmQrScanned(BOB, flowId)).toEqual([]);
    expect(() => alice.machine.generateQrCode(BOB, flowId)).toThrow("wrong-verification-state");
    expect(() => alice.machine.scanQrCode(BOB, flowId, new Uint8Array(3))).toThrow("invalid-qr-code");
    expect(alice.machine.confirmSas(BOB, flowId)).toHaveLength(1);
    expect(alice.machine.confirmSas(BOB, flowId)).toEqual([]);
    alice.machine.cancelVerification(BOB, flowId);
    expect(alice.machine.cancelVerification(BOB, flowId)).toEqual([]);
    expect(bob.machine.getVerificationRequests(ALICE)).toHaveLength(1);
  });

  test("QR: a code of another flow leaves this one alone", () => {
    const all = world();
    const { alice, bob } = all;
    const flowId = ready(all);
    const bytes = alice.machine.generateQrCode(BOB, flowId);
    const other = Uint8Array.from(bytes);
    other[10] = (other[10] ?? 0) ^ 1;
    expect(() => bob.machine.scanQrCode(ALICE, flowId, other)).toThrow("invalid-qr-code");
    bob.send(...bob.machine.scanQrCode(ALICE, flowId, bytes));
    settle(alice, bob);
    alice.send(...alice.machine.confirmQrScanned(BOB, flowId));
    settle(alice, bob);
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(true);
    expect(bob.machine.getIdentity(ALICE)?.verified).toBe(true);
  });
});

describe("the store", () => {
  test("a transaction that rolls back takes its step back, and the flow goes on", () => {
    const all = world();
    const { alice, bob } = all;
    const flowId = ready(all);
    alice.send(...alice.machine.startSas(BOB, flowId));
    settle(alice, bob);
    const lost = () =>
      bob.store.transaction(() => {
        bob.machine.acceptSas(ALICE, flowId);
        expect(bob.machine.getVerification(ALICE, flowId)).toMatchObject({ state: "accepted" });
        throw new Error("disk full");
      });
    expect(lost).toThrow("disk full");
    expect(bob.machine.getVerification(ALICE, flowId)).toMatchObject({ state: "started" });
    bob.send(...bob.machine.acceptSas(ALICE, flowId));
    settle(alice, bob);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    settle(alice, bob);
    expect(phase(alice, BOB)).toBe("done");
  });

  test("keeps the signatures over a restart until the server has them; flows end with the program", () => {
    const all = world();
    const { alice, bob } = all;
    const flowId = withCodes(all);
    alice.send(...alice.machine.confirmSas(BOB, flowId));
    settle(alice, bob);
    bob.send(...bob.machine.confirmSas(ALICE, flowId));
    bob.flush();
    alice.sync();
    alice.send(...alice.machine.outgoingRequests().filter(({ kind }) => kind === "to_device"));
    bob.sync();
    bob.flush();
    alice.sync();
    const [upload] = uploads(alice);
    expect(upload?.path).toBe("/_matrix/client/v3/keys/signatures/upload");
    alice.restart();
    expect(alice.machine.getVerificationRequests()).toEqual([]);
    expect(alice.machine.getIdentity(BOB)?.verified).toBe(true);
    expect(uploads(alice)).toEqual([upload]);
    alice.send(upload);
    expect(uploads(alice)).toEqual([]);
    expect(
      stringField(objectField(objectField(all.server.crossSigning.get(BOB)?.master ?? {}, "signatures") ?? {}, ALICE) ?? {}, "x"),
    ).toBeUndefined();
    expect(JSON.stringify(all.server.crossSigning.get(BOB)?.master)).toContain(ALICE);
  });

  test("ended flows stay readable for ten minutes", () => {
    const all = world();
    const flowId = ready(all);
    all.alice.machine.cancelVerification(BOB, flowId);
    for (let i = 0; i < 3; i++) all.alice.sync();
    expect(phase(all.alice, BOB)).toBe("cancelled");
    all.clock.advance(10 * MINUTE + 1);
    all.alice.sync();
    expect(all.alice.machine.getVerificationRequests()).toEqual([]);
  });
});

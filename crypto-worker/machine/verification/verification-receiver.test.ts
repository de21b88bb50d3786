import { beforeAll, describe, expect, test } from "vitest";
import { refresh, type TestDevice } from "../../../tests/support/machine-world.ts";
import { olmEvent } from "../../../tests/support/olm-events.ts";
import { ALICE, BOB, METHODS, phase, ready, verifyingPair, withCodes } from "../../../tests/support/verifying-pair.ts";
import type { JsonObject } from "../../wire/json.ts";
import { OlmMachine } from "../olm-machine.ts";
import type { OutgoingRequest } from "../requests/outgoing-request.ts";

const ROOM = "!room:example.org";
const MINUTE = 60_000;

beforeAll(() => OlmMachine.ready());

describe("what others send", () => {
  test("with another sender, from another device or over the other transport is ignored", () => {
    const all = verifyingPair();
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
    const all = verifyingPair();
    const { alice, bob, server } = all;
    const second = bob.another("B2");
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
    server.device(ALICE, "A").inbox.push(olmEvent(second, alice, "m.key.verification.cancel", cancel));
    expect(alice.sync().toDeviceEvents.at(-1)?.kind).toBe("decrypted");
    expect(phase(alice, BOB)).toBe("ready");
    bob.meet(alice);
    server.device(ALICE, "A").inbox.push(olmEvent(bob, alice, "m.key.verification.cancel", cancel));
    alice.sync();
    expect(phase(alice, BOB)).toBe("cancelled");
  });

  test("malformed: ends the flow with m.invalid_message", () => {
    const all = verifyingPair();
    const flowId = withCodes(all);
    const content = { transaction_id: flowId, mac: {}, keys: 1 };
    all.server.device(ALICE, "A").inbox.push({ type: "m.key.verification.mac", sender: BOB, content });
    all.alice.sync();
    expect(all.alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "cancelled", cancelCode: "m.invalid_message" });
  });

  test("anything at all: no exception", () => {
    const { alice, server } = verifyingPair();
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
    const { alice, bob, clock } = verifyingPair();
    const { flowId, requests } = alice.machine.requestUserVerification(BOB, ROOM, METHODS);
    expect(requests[0]).toMatchObject({ kind: "room_message", room: { roomId: ROOM, eventType: "m.room.message" } });
    expect(requests[0]?.path).toContain(`/rooms/${encodeURIComponent(ROOM)}/send/m.room.message/`);
    const event = post(alice, requests[0], clock.ms);
    expect(alice.machine.getVerificationRequests(BOB)).toMatchObject([{ flowId, phase: "created", roomId: ROOM }]);
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
    const { alice, bob, clock } = verifyingPair();
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
    const { alice, bob, clock } = verifyingPair();
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
    const { alice, bob, clock } = verifyingPair();
    const second = bob.another("B2");
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

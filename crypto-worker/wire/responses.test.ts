import { describe, expect, test } from "vitest";
import { parseEncryptionContent } from "./encryption-event.ts";
import { isSharedHistory, parseHistoryVisibility } from "./history-visibility.ts";
import { parseKeysClaimResponse, parseKeysQueryResponse, parseKeysUploadResponse } from "./keys-responses.ts";
import { parseRoomEvent, parseStrippedStateEvent } from "./room-event.ts";

const event = { event_id: "$e", type: "m.room.message", sender: "@a:x", origin_server_ts: 1, content: { body: "hi" } };

describe("keys responses", () => {
  test("keys/query: by user and device, bad ids dropped and counted, failures by server", () => {
    const parsed = parseKeysQueryResponse({
      device_keys: { "@a:x": { D: { x: 1 }, "": {} }, bad: { D: {} }, "@b:x": "rubbish", __proto__: {} },
      master_keys: { "@a:x": { m: 1 }, bad: {} },
      failures: { "other.org": {}, "not a server": {} },
    });
    if (!parsed.ok) throw new Error(parsed.error);
    expect([...parsed.value.devices]).toEqual([["@a:x", new Map([["D", { x: 1 }]])]]);
    expect([...parsed.value.masterKeys.keys()]).toEqual(["@a:x"]);
    expect(parsed.value.selfSigningKeys.size).toBe(0);
    expect([...parsed.value.failures]).toEqual(["other.org"]);
    expect(parsed.value.dropped).toBe(4);
  });

  test("keys/query: what nobody could keep or sign is as good as none, and is not missing", () => {
    const text = (length: number): string => "x".repeat(length);
    // Its own length is the one for the object, its key and its text.
    const fits = { keys: text(16_384 - 5), signatures: { a: text(100_000) }, unsigned: { b: text(10_000) } };
    const tooLong = { ...fits, keys: text(16_384 - 4) };
    const tooManySignatures = { ...fits, signatures: { a: text(131_072) } };
    const parsed = parseKeysQueryResponse({
      device_keys: {
        "@a:x": { A: fits, B: tooLong, C: tooManySignatures, D: "x", E: { a: { a: { a: { a: { a: { a: { a: { a: {} } } } } } } } } },
      },
      master_keys: { "@a:x": fits, "@b:x": tooLong },
    });
    if (!parsed.ok) throw new Error(parsed.error);
    expect([...parsed.value.devices.values()].map((devices) => [...devices.values()])).toEqual([[fits, null, null, null, null]]);
    expect([...parsed.value.masterKeys.values()]).toEqual([fits, null]);
  });

  test("keys/claim: the first key of each device", () => {
    const parsed = parseKeysClaimResponse({ one_time_keys: { "@a:x": { D: { "signed_curve25519:A": { key: "k" } }, E: {}, F: 1 } } });
    if (!parsed.ok) throw new Error(parsed.error);
    expect(parsed.value.oneTimeKeys.get([...parsed.value.oneTimeKeys.keys()][0] as never)).toEqual(
      new Map([["D", { fullId: "signed_curve25519:A", value: { key: "k" } }]]),
    );
    expect(parsed.value.dropped).toBe(2);
  });

  test("keys/upload: counts that are counts", () => {
    const parsed = parseKeysUploadResponse({ one_time_key_counts: { signed_curve25519: 50, a: -1, b: 1.5, c: "1", __proto__: 5 } });
    expect(parsed).toEqual({ ok: true, value: { oneTimeKeyCounts: new Map([["signed_curve25519", 50]]) } });
  });

  test.each([null, [], "x", 1, undefined])("%j is no response", (body) => {
    for (const parse of [parseKeysQueryResponse, parseKeysClaimResponse, parseKeysUploadResponse]) {
      expect(parse(body)).toEqual({ ok: false, error: "not-an-object" });
    }
  });
});

describe("room events", () => {
  test("a state event has a state key, also an empty one", () => {
    expect(parseRoomEvent(event)).toMatchObject({ ok: true, value: { stateKey: undefined, redacts: undefined, unsigned: {} } });
    expect(parseRoomEvent({ ...event, state_key: "" })).toMatchObject({ ok: true, value: { stateKey: "" } });
  });

  test("redactions of old and new room versions", () => {
    expect(parseRoomEvent({ ...event, type: "m.room.redaction", redacts: "$x" })).toMatchObject({ value: { redacts: "$x" } });
    expect(parseRoomEvent({ ...event, type: "m.room.redaction", content: { redacts: "$y" }, redacts: "$x" })).toMatchObject({
      value: { redacts: "$y" },
    });
    expect(parseRoomEvent({ ...event, redacts: "$x" })).toMatchObject({ value: { redacts: undefined } });
  });

  test.each([
    ["invalid-event-id", { event_id: "e" }],
    ["invalid-type", { type: "" }],
    ["invalid-type", { type: "x".repeat(256) }],
    ["invalid-user-id", { sender: "a" }],
    ["invalid-timestamp", { origin_server_ts: 1.5 }],
    ["invalid-timestamp", { origin_server_ts: -1 }],
    ["invalid-timestamp", { origin_server_ts: "1" }],
    ["invalid-content", { content: [] }],
    ["invalid-state-key", { state_key: null }],
  ])("%s", (error, change) => expect(parseRoomEvent({ ...event, ...change })).toEqual({ ok: false, error }));

  test("nesting is bounded", () => {
    expect(parseRoomEvent({ ...event, content: JSON.parse('{"a":'.repeat(200) + "1" + "}".repeat(200)) })).toEqual({
      ok: false,
      error: "not-an-object",
    });
  });
});

describe("stripped state", () => {
  const stripped = { type: "m.room.name", state_key: "", sender: "@a:x", content: { name: "n" } };

  test("has no id and no time", () => {
    expect(parseStrippedStateEvent(stripped)).toEqual({
      ok: true,
      value: { type: "m.room.name", stateKey: "", sender: "@a:x", content: { name: "n" } },
    });
  });

  test.each<[string, unknown]>([
    ["not-an-object", []],
    ["invalid-type", { ...stripped, type: "" }],
    ["invalid-type", { ...stripped, type: "x".repeat(256) }],
    ["invalid-state-key", { ...stripped, state_key: undefined }],
    ["invalid-user-id", { ...stripped, sender: "a" }],
    ["invalid-content", { ...stripped, content: [] }],
  ])("%s", (error, value) => expect(parseStrippedStateEvent(value)).toEqual({ ok: false, error }));

  test("and room events may nest a hundred deep", () => {
    const nested = (depth: number): unknown => (depth === 0 ? 1 : { x: nested(depth - 1) });
    // The event and its content are two.
    expect([
      parseStrippedStateEvent({ ...stripped, content: nested(99) }).ok,
      parseRoomEvent({ ...event, content: nested(99) }).ok,
    ]).toEqual([true, true]);
    expect(parseStrippedStateEvent({ ...stripped, content: nested(100) })).toEqual({ ok: false, error: "not-an-object" });
    expect(parseRoomEvent({ ...event, content: nested(100) })).toEqual({ ok: false, error: "not-an-object" });
  });
});

describe("room settings", () => {
  test("history visibility", () => {
    expect(["invited", "joined", "shared", "world_readable", "x", 5].map((v) => parseHistoryVisibility({ history_visibility: v }))).toEqual(
      ["invited", "joined", "shared", "world_readable", "shared", "shared"],
    );
    expect((["invited", "joined", "shared", "world_readable"] as const).map(isSharedHistory)).toEqual([false, false, true, true]);
  });

  test("encryption", () => {
    const algorithm = "m.megolm.v1.aes-sha2";
    expect(parseEncryptionContent({ algorithm, rotation_period_ms: 5, rotation_period_msgs: -1 })).toEqual({
      ok: true,
      value: { algorithm, rotationPeriodMs: 5, rotationPeriodMsgs: undefined },
    });
    expect(parseEncryptionContent({ algorithm: "x" })).toEqual({ ok: false, error: "unsupported-algorithm" });
  });
});

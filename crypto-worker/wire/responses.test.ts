import { describe, expect, test } from "vitest";
import { parseEncryptionContent } from "./encryption-event.ts";
import { isSharedHistory, parseHistoryVisibility } from "./history-visibility.ts";
import { parseKeysClaimResponse, parseKeysQueryResponse, parseKeysUploadResponse } from "./keys-responses.ts";
import { parseRoomEvent } from "./room-event.ts";
import { parseSyncResponse } from "./sync-response.ts";

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
    for (const parse of [parseKeysQueryResponse, parseKeysClaimResponse, parseKeysUploadResponse, parseSyncResponse]) {
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

describe("sync", () => {
  const sync = {
    next_batch: "s1",
    to_device: { events: [{ type: "t" }, 5] },
    device_lists: { changed: ["@a:x", "bad"], left: ["@b:x"] },
    device_one_time_keys_count: { signed_curve25519: 7 },
    device_unused_fallback_key_types: ["signed_curve25519"],
    account_data: { events: [{ type: "m.direct", content: {} }, { type: 5 }] },
    rooms: {
      join: {
        "!r:x": {
          summary: { "m.heroes": ["@a:x"], "m.joined_member_count": 2 },
          state: { events: [{ ...event, state_key: "" }, event] },
          timeline: { events: [event, { ...event, sender: 1 }, null], limited: true, prev_batch: "p" },
          ephemeral: { events: [{ type: "m.typing", content: {} }] },
          account_data: { events: [] },
          unread_notifications: { notification_count: 1, highlight_count: 0 },
        },
        bad: {},
        "!empty:x": {},
      },
      invite: { "!i:x": { invite_state: { events: [{ type: "m.room.name", state_key: "", sender: "@a:x", content: {} }, {}] } } },
      knock: { "!k:x": { knock_state: { events: [] } } },
      leave: { "!l:x": { timeline: { events: [] } }, "!m:x": "rubbish" },
    },
  };

  test("everything good is kept, everything bad is dropped and counted", () => {
    const parsed = parseSyncResponse(sync);
    if (!parsed.ok) throw new Error(parsed.error);
    const { value } = parsed;
    expect(value.nextBatch).toBe("s1");
    expect(value.toDeviceEvents).toHaveLength(2);
    expect(value.deviceLists).toEqual({ changed: ["@a:x"], left: ["@b:x"] });
    expect(value.oneTimeKeyCounts.get("signed_curve25519")).toBe(7);
    expect(value.unusedFallbackKeyTypes).toEqual(["signed_curve25519"]);
    expect(value.accountData).toEqual([{ type: "m.direct", content: {} }]);
    const [joined, empty] = [...value.joined.values()];
    expect(joined).toMatchObject({ timeline: { limited: true, prevBatch: "p" }, notificationCount: 1, highlightCount: 0 });
    expect(joined?.timeline.events).toHaveLength(1);
    expect(joined?.state).toHaveLength(1);
    expect(joined?.summary).toEqual({ heroes: ["@a:x"], joinedMemberCount: 2, invitedMemberCount: undefined });
    expect(empty?.timeline).toEqual({ events: [], limited: false, prevBatch: undefined });
    expect([...value.invited.values()][0]).toHaveLength(1);
    expect([...value.knocked.keys()]).toEqual(["!k:x"]);
    expect([...value.left.keys()]).toEqual(["!l:x"]);
    // One user id, one account data, one state event, two timeline events, two rooms, one stripped event.
    expect(value.dropped).toBe(8);
  });

  test("the smallest response", () => {
    expect(parseSyncResponse({ next_batch: "s" })).toMatchObject({ ok: true, value: { unusedFallbackKeyTypes: undefined, dropped: 0 } });
  });

  test.each([{}, { next_batch: "" }, { next_batch: 5 }, { next_batch: "x".repeat(5000) }])("no usable token: %o", (body) => {
    expect(parseSyncResponse(body)).toEqual({ ok: false, error: "missing-next-batch" });
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

// Bodies of /sync with one thing changed, and bodies of anything: what is bad in one costs nothing else, and what is refused changes nothing.
import fc from "fast-check";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Client } from "../../crypto-worker/client/client.ts";
import { createLog } from "../../crypto-worker/log.ts";
import { OlmMachine } from "../../crypto-worker/machine/olm-machine.ts";
import { systemEnv } from "../../crypto-worker/primitives/system-env.ts";
import { openMemoryStore, type CryptoStore } from "../../crypto-worker/store/store.ts";
import { CodedError } from "../../protocol/errors.ts";
import { parseRoomId } from "../../protocol/ids.ts";
import { roomSummarySchema } from "../../protocol/messages/room-summary.ts";
import { timelineItemSchema } from "../../protocol/messages/timeline-item.ts";
import { networkTo } from "../support/fake-network.ts";
import { changedTables, countOlmObjects, dump, isPolluted, mutate, NASTY } from "../support/hostile.ts";
import { seedOf, Seeded } from "../support/seeded.ts";

const SEED = seedOf("FUZZ_SEED");
const ME = "@me:x.org";
const ADA = "@ada:x.org";
const ROOM = "!room:x.org";
const KEY = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";

let aliveObjects: () => number;
let store: CryptoStore;
let machine: OlmMachine;
let client: Client;
let bugs: string[];
let chance: Seeded;
let clock = 1_700_000_000_000;

beforeAll(async () => {
  await OlmMachine.ready();
  aliveObjects = countOlmObjects();
});

beforeEach(() => {
  chance = new Seeded(SEED);
  bugs = [];
  store = openMemoryStore();
  machine = OlmMachine.open({ userId: ME, deviceId: "ME", store });
  const session = { homeserver: "https://x.org", userId: ME, deviceId: "ME", accessToken: "token", refreshToken: null };
  const network = networkTo(() => {
    throw new CodedError("offline");
  });
  const log = createLog((line) => (line.includes('"level":"error"') ? bugs.push(line) : undefined), Date.now);
  client = new Client({ session, store, machine, network, env: systemEnv, log });
  client.receiveSync(null, JSON.stringify(syncBody("s0", [message("$first", "first")])));
});

afterEach(() => {
  client.stop();
  machine.close();
  store.close();
  expect(bugs).toEqual([]);
  expect(isPolluted()).toBe(false);
  expect(aliveObjects()).toBe(0);
});

test(`a body with one thing changed is taken or refused as a whole, FUZZ_SEED=${SEED}`, () => {
  let taken = 0;
  for (let run = 0; run < 250; run += 1) {
    const before = dump(store);
    const since = client.syncPosition.since;
    try {
      client.receiveSync(since, encode(mutate(syncBody(`s${run}`, [message(`$r${run}`, `number ${run}`)]), chance)));
      taken += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      expect(changedTables(before, dump(store))).toEqual([]);
      expect(client.syncPosition.since).toBe(since);
    }
  }
  expect(taken).toBeGreaterThan(150);
  expectPresentable();
});

test("a bad event among good ones costs nobody but itself", () => {
  const bodies: string[] = [];
  for (let run = 0; run < 120; run += 1) {
    const good: unknown[] = [message(`$a${run}`, `before ${run}`), message(`$b${run}`, `after ${run}`)];
    bodies.push(`before ${run}`, `after ${run}`);
    const template = chance.pick<object>(
      message(`$x${run}`, "spoilt"),
      encrypted(`$x${run}`),
      state("m.room.member", { membership: "join" }, ADA, `$x${run}`),
    );
    const hostile = run < NASTY.length ? NASTY[run] : mutate(template, chance);
    const body = syncBody(`s${run}`, good.toSpliced(1, 0, hostile));
    expect(client.receiveSync(client.syncPosition.since, encode(body))).toEqual({ since: `s${run}` });
  }
  expect(texts()).toEqual(expect.arrayContaining(bodies));
  expectPresentable();
});

test("a bad room, section or to-device event costs nobody but itself", () => {
  for (let run = 0; run < 120; run += 1) {
    const good = syncBody(`s${run}`, [message(`$g${run}`, `good ${run}`)]);
    const hostile =
      run < NASTY.length
        ? NASTY[run]
        : mutate(chance.pick<unknown>(good.rooms.join[ROOM], good.rooms.invite, good.to_device, good.account_data), chance);
    const section = chance.pick("to_device", "account_data", "device_lists", "device_one_time_keys_count", "presence", "__proto__");
    const rooms = {
      ...good.rooms,
      leave: hostile,
      join: { "!bad:x.org": hostile, ...good.rooms.join, [chance.pick("__proto__", "\ud800", "", "!\u0000:x")]: hostile },
    };
    const body = Object.entries({ ...good, rooms }).filter(([name]) => name !== section);
    expect(client.receiveSync(client.syncPosition.since, encode(Object.fromEntries([...body, [section, hostile]])))).toEqual({
      since: `s${run}`,
    });
  }
  expect(texts()).toEqual(expect.arrayContaining(Array.from({ length: 120 }, (_, run) => `good ${run}`)));
  expectPresentable();
});

test("anything at all", () => {
  const before = dump(store);
  const receive = (text: string, since: string | null): void => {
    try {
      client.receiveSync(since, text);
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
    }
  };
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json({ stringUnit: "binary", maxDepth: 6 }),
    fc.constantFrom(...NASTY.map(encode)),
  );
  fc.assert(fc.property(texts, fc.constantFrom("s0", null, "", "other"), receive), { numRuns: 250, seed: SEED });
  for (const depth of [127, 129, 100_000]) receive(`{"next_batch":"x","rooms":${"[".repeat(depth)}${"]".repeat(depth)}}`, "other");
  receive(`{"next_batch":"${"x".repeat(5000)}"}`, "s0");
  expect(changedTables(before, dump(store))).toEqual([]);
});

/** Whatever was let in can still be shown: pages parse strictly what they are given. */
function expectPresentable(): void {
  for (const summary of client.summaries()) {
    expect(roomSummarySchema.safeParse(summary).error).toBeUndefined();
    const roomId = parseRoomId(summary.roomId);
    if (!roomId.ok) throw new Error("a room without an id");
    for (const item of client.timelines.open(roomId.value, 200).items) expect(timelineItemSchema.safeParse(item).error).toBeUndefined();
  }
  expect(client.account.view().userId).toBe(ME);
}

function texts(): string[] {
  const roomId = parseRoomId(ROOM);
  if (!roomId.ok) throw new Error("not a room id");
  const found: string[] = [];
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const events = store.events.shownBefore(roomId.value, before, 0, 200);
    for (const { content } of events) if (typeof content["body"] === "string") found.push(content["body"]);
    const oldest = Math.min(...events.map(({ position }) => position ?? before));
    if (events.length === 0 || oldest >= before) return found;
    before = oldest;
  }
}

const encode = (value: unknown): string => JSON.stringify(value) ?? "undefined";

function syncBody(nextBatch: string, events: readonly unknown[]) {
  return {
    next_batch: nextBatch,
    to_device: {
      events: [
        {
          type: "m.room.encrypted",
          sender: ADA,
          content: {
            algorithm: "m.olm.v1.curve25519-aes-sha2",
            sender_key: KEY,
            ciphertext: { [machine.identityKeys.curve25519]: { type: 0, body: "AwoA" } },
          },
        },
      ],
    },
    device_lists: { changed: [ADA], left: ["@bob:x.org"] },
    device_one_time_keys_count: { signed_curve25519: 50 },
    device_unused_fallback_key_types: ["signed_curve25519"],
    account_data: {
      events: [
        { type: "m.direct", content: { [ADA]: [ROOM] } },
        { type: "m.push_rules", content: { global: {} } },
      ],
    },
    rooms: {
      join: {
        [ROOM]: {
          summary: { "m.heroes": [ADA], "m.joined_member_count": 2, "m.invited_member_count": 0 },
          state: {
            events: [
              state("m.room.create", { room_version: "11" }, "", "$create"),
              state("m.room.member", { membership: "join", displayname: "Me" }, ME, "$me"),
              state("m.room.member", { membership: "join", displayname: "Ada", avatar_url: "mxc://x.org/a" }, ADA, "$ada"),
              state("m.room.name", { name: "Room" }, "", "$name"),
              state("m.room.power_levels", { users: { [ADA]: 100 }, events: { "m.room.name": 50 } }, "", "$levels"),
            ],
          },
          timeline: { events, limited: false, prev_batch: "p" },
          ephemeral: {
            events: [
              { type: "m.typing", content: { user_ids: [ADA] } },
              { type: "m.receipt", content: { $first: { "m.read": { [ADA]: { ts: 1 } } } } },
            ],
          },
          account_data: {
            events: [
              { type: "m.fully_read", content: { event_id: "$first" } },
              { type: "m.tag", content: { tags: { "m.favourite": { order: 0.1 } } } },
            ],
          },
          unread_notifications: { notification_count: 1, highlight_count: 0 },
        },
      },
      invite: {
        "!invite:x.org": {
          invite_state: {
            events: [state("m.room.member", { membership: "invite" }, ME, "$invite"), state("m.room.name", { name: "Come" }, "", "$n")],
          },
        },
      },
    },
  };
}

function message(event_id: string, body: string) {
  return {
    event_id,
    type: "m.room.message",
    sender: ADA,
    origin_server_ts: (clock += 1000),
    content: { msgtype: "m.text", body, "m.relates_to": { "m.in_reply_to": { event_id: "$first" } } },
  };
}

function encrypted(event_id: string) {
  const content = {
    algorithm: "m.megolm.v1.aes-sha2",
    ciphertext: "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg",
    session_id: "session",
    sender_key: KEY,
    device_id: "D",
  };
  return { ...message(event_id, ""), type: "m.room.encrypted", content };
}

function state(type: string, content: object, state_key: string, event_id: string) {
  return { event_id, type, sender: ADA, origin_server_ts: (clock += 1000), content, state_key };
}

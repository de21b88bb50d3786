import { describe, expect, test } from "vitest";
import type { HttpRequest } from "../../../protocol/network.ts";
import { parseRoomId, type RoomId } from "../../../protocol/ids.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { networkTo } from "../../../tests/support/fake-network.ts";
import { createLog } from "../../log.ts";
import { OlmMachine } from "../../machine/olm-machine.ts";
import { systemEnv } from "../../primitives/system-env.ts";
import { openMemoryStore, type CryptoStore } from "../../store/store.ts";
import { Client } from "../client.ts";

const me = "@me:x.org";
const ada = "@ada:x.org";
const room = "!room:x.org";

describe("a sync", () => {
  test("is applied once: a replay and a response for another position change nothing", async () => {
    const { client } = await start();
    const first = body("s1", { [room]: joined([message("$1", "one")]) });
    expect(client.receiveSync(null, first)).toEqual({ since: "s1" });
    expect(client.receiveSync(null, first)).toEqual({ since: "s1" });
    expect(client.receiveSync("other", body("s9", { [room]: joined([message("$9", "nine")]) }))).toEqual({ since: "s1" });
    expect(texts(client)).toEqual(["one"]);
  });

  test("that is no JSON or has no position is refused and leaves everything as it was", async () => {
    const { client } = await start();
    for (const text of ["", "{", "[]", "null", "{}", JSON.stringify({ next_batch: 7 })]) {
      expect(() => client.receiveSync(null, text)).toThrow("server-garbage");
    }
    const changed = JSON.parse(body("s1", { [room]: joined([message("$1", "one")]) }));
    delete changed.next_batch;
    expect(() => client.receiveSync(null, JSON.stringify(changed))).toThrow("server-garbage");
    expect(client.summaries()).toEqual([]);
    expect(client.syncPosition.since).toBeNull();
  });

  test("one bad event costs nobody but itself", async () => {
    const { client } = await start();
    const bad: unknown[] = [
      null,
      7,
      "text",
      [],
      { type: "m.room.message" },
      { ...message("$bad1", "x"), sender: "nobody" },
      { ...message("$bad2", "x"), origin_server_ts: "yesterday" },
      { ...message("$bad 3", "x") },
      { ...message("$bad4", "x"), sender: "@a b:x.org" },
      { ...message("$bad5", "x"), content: "text" },
      { ...message("$odd1", "x"), content: { body: 7, msgtype: ["m.text"] } },
      { ...message("$odd2", "x"), content: { body: "\ud800 lone", msgtype: "m.text", "m.relates_to": 7 } },
      { ...message("$odd3", "x"), content: JSON.parse('{"__proto__":{"x":1},"body":"proto","msgtype":"m.text"}') },
      state("m.room.power_levels", { users: { [me]: "1e999", [ada]: -1e300 }, users_default: { a: 1 }, events: [] }, "", "$pl"),
      state("m.room.join_rules", { join_rule: { odd: true } }, "", "$jr"),
      state("m.room.member", { membership: "dancing" }, ada, "$odd4"),
      state("m.room.member", { membership: "join", displayname: 5, avatar_url: "mxc://../../x" }, "@odd user:x.org", "$odd5"),
      { ...message("$redaction", ""), type: "m.room.redaction", redacts: 7, content: {} },
      deep("$deep"),
    ];
    const response = JSON.parse(
      body("s1", { [room]: joined([message("$1", "one"), ...bad, message("$2", "two")]), nonsense: {}, "!bad room": {} }),
    );
    response.rooms.join["!empty:x.org"] = { timeline: { events: 7 }, state: [], ephemeral: "no", summary: [], unread_notifications: null };
    response.rooms.invite = {
      "!inv:x.org": { invite_state: { events: [null, {}, { type: "m.room.name", state_key: "", sender: ada, content: 1 }] } },
    };
    response.account_data = { events: [null, { type: 1 }, { type: "m.direct", content: { [ada]: "no", nobody: [room] } }] };
    response.to_device = { events: [null, {}, { type: "m.room.encrypted", sender: ada, content: { algorithm: "x" } }] };
    response.device_lists = { changed: [7, ada, null], left: "no" };
    response.device_one_time_keys_count = { signed_curve25519: "many", __proto__: 3 };
    expect(client.receiveSync(null, JSON.stringify(response))).toEqual({ since: "s1" });
    expect(texts(client).filter((text) => !text.includes("lone") && text !== "proto")).toEqual(["one", "two"]);
    expect(client.summaries().map((summary) => summary.roomId)).toContain("!inv:x.org");
    expect(() => client.views.room(roomId)).not.toThrow();
  });

  test("a limited timeline opens a gap, and pages fill it until they meet what was there", async () => {
    const history = Array.from({ length: 25 }, (_, i) => message(`$h${i}`, `h${i}`));
    const { client, requests } = await start((request) => {
      if (!request.path.includes("/messages?")) return undefined;
      const from = Number(new URL(`https://x${request.path}`).searchParams.get("from"));
      const chunk = history.slice(Math.max(0, from - 10), from).reverse();
      return { chunk, ...(from - 10 > 0 ? { end: String(from - 10) } : {}) };
    });
    client.receiveSync(null, body("s1", { [room]: joined(history.slice(3, 5), { prev_batch: "3", limited: true }) }));
    client.receiveSync("s1", body("s2", { [room]: joined(history.slice(20), { prev_batch: "20", limited: true }) }));
    expect(texts(client)).toEqual(["h20", "h21", "h22", "h23", "h24"]);
    const page = await client.timelines.before(roomId, first(client), 12, new AbortController().signal);
    expect(page.items.map(textOf)).toEqual(Array.from({ length: 12 }, (_, i) => `h${i + 8}`));
    expect(page.reachedStart).toBe(false);
    const rest = await client.timelines.before(roomId, page.items[0]?.position ?? 0, 50, new AbortController().signal);
    expect(rest.items.map(textOf)).toEqual(Array.from({ length: 8 }, (_, i) => `h${i}`));
    expect(rest.reachedStart).toBe(true);
    const asked = requests.filter((request) => request.path.includes("/messages?")).length;
    await client.timelines.before(roomId, Number.MAX_SAFE_INTEGER, 100, new AbortController().signal);
    expect(requests.filter((request) => request.path.includes("/messages?")).length).toBe(asked);
    expect(client.timelines.open(roomId, 100)).toMatchObject({ reachedStart: true });
    expect(texts(client)).toEqual(history.map((event) => event.content.body));
  });

  test("without the server a page shows what is stored and says why there is no more", async () => {
    const { client } = await start();
    client.receiveSync(null, body("s1", { [room]: joined([message("$1", "one")], { prev_batch: "p", limited: true }) }));
    const page = await client.timelines.before(roomId, Number.MAX_SAFE_INTEGER, 10, new AbortController().signal);
    expect(page.items.map(textOf)).toEqual(["one"]);
    await expect(client.timelines.before(roomId, first(client), 10, new AbortController().signal)).rejects.toMatchObject({
      code: "offline",
    });
  });

  test("the encryption latch: later state cannot take it back or loosen it", async () => {
    const { client, store } = await start();
    const on = (content: object, id: string) => state("m.room.encryption", content, "", id);
    const megolm = { algorithm: "m.megolm.v1.aes-sha2", rotation_period_msgs: 50 };
    client.receiveSync(null, body("s1", { [room]: joined([on(megolm, "$e1")]) }));
    client.receiveSync("s1", body("s2", { [room]: joined([on({ ...megolm, rotation_period_msgs: 5000 }, "$e2")]) }));
    client.receiveSync("s2", body("s3", { [room]: joined([on({}, "$e3"), on({ algorithm: "m.none" }, "$e4")]) }));
    expect(store.rooms.load(roomId)).toMatchObject({ algorithm: "m.megolm.v1.aes-sha2", rotationMsgs: 50 });
    const left = JSON.parse(body("s4", {}));
    left.rooms = { leave: { [room]: { timeline: { events: [] } } } };
    client.receiveSync("s3", JSON.stringify(left));
    client.receiveSync("s4", body("s5", { [room]: joined([message("$again", "back")]) }));
    expect(store.rooms.load(roomId)?.algorithm).toBe("m.megolm.v1.aes-sha2");
  });

  test("a room with an algorithm that we do not know is encrypted, and nothing is sent to it", async () => {
    const { client, requests } = await start();
    client.receiveSync(null, body("s1", { [room]: joined([state("m.room.encryption", { algorithm: "m.future" }, "", "$e")]) }));
    expect(client.summaries()).toMatchObject([{ encrypted: true }]);
    expect(() => client.composer.send(roomId, { msgtype: "text", markdown: "x", relation: {}, mentions: [] })).toThrow(
      "room-encryption-unsupported",
    );
    expect(requests.some((request) => request.path.includes("/send/"))).toBe(false);
  });

  test("edits count only from the sender, of the same type, and of what is no edit", async () => {
    const { client } = await start();
    client.receiveSync(
      null,
      body("s1", {
        [room]: joined([
          message("$1", "original"),
          edit("$2", "$1", "by somebody else", "@eve:x.org"),
          edit("$3", "$1", "corrected"),
          edit("$4", "$3", "edit of an edit"),
          {
            ...edit("$5", "$1", "no new content"),
            content: { body: "x", msgtype: "m.text", "m.relates_to": { rel_type: "m.replace", event_id: "$1" } },
          },
        ]),
      }),
    );
    expect(texts(client)).toEqual(["corrected"]);
    expect(client.search.find({ query: "original", limit: 10 })).toEqual([]);
    expect(client.search.find({ query: "correct", limit: 10 })).toMatchObject([{ eventId: "$1", snippet: "corrected" }]);
    client.receiveSync("s1", body("s2", { [room]: joined([redaction("$6", "$3")]) }));
    expect(texts(client)).toEqual(["original"]);
    client.receiveSync("s2", body("s3", { [room]: joined([redaction("$7", "$1")]) }));
    expect(texts(client)).toEqual([]);
    expect(client.timelines.open(roomId, 10).items.at(-1)?.content).toMatchObject({ kind: "redacted", by: ada });
    expect(client.search.find({ query: "original", limit: 10 })).toEqual([]);
  });

  test("names, unread counts and mentions make the room list", async () => {
    const { client, store } = await start();
    const response = JSON.parse(
      body("s1", {
        [room]: joined([
          state("m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }, "", "$e"),
          state("m.room.member", { membership: "join", displayname: "Ada" }, ada, "$m"),
          message("$1", "hello"),
          { ...message("$2", "hey you"), content: { msgtype: "m.text", body: "hey you", "m.mentions": { user_ids: [me] } } },
        ]),
      }),
    );
    client.receiveSync(null, JSON.stringify(response));
    expect(client.summaries()).toMatchObject([
      {
        name: "Ada",
        kind: "dm",
        dmUserId: ada,
        unread: 2,
        mentions: 1,
        lastMessage: { preview: "hey you", senderName: "Ada", kind: "message" },
      },
    ]);
    const receipt = { type: "m.receipt", content: { $2: { "m.read": { [me]: { ts: 1 } } } } };
    const read = JSON.parse(body("s2", { [room]: { ephemeral: { events: [receipt] } } }));
    client.receiveSync("s1", JSON.stringify(read));
    expect(client.summaries()).toMatchObject([{ unread: 0, mentions: 0 }]);
    expect(store.rooms.load(roomId)?.readEventId).toBe("$2");
  });
});

const roomId = roomIdOf(room);

function roomIdOf(text: string): RoomId {
  const parsed = parseRoomId(text);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

async function start(
  answer: (request: HttpRequest) => object | undefined = () => undefined,
): Promise<{ client: Client; store: CryptoStore; requests: HttpRequest[] }> {
  await OlmMachine.ready();
  const session = { homeserver: "https://x.org", userId: me, deviceId: "ME", accessToken: "token", refreshToken: null };
  const store = openMemoryStore();
  const machine = OlmMachine.open({ userId: me, deviceId: "ME", store });
  const requests: HttpRequest[] = [];
  const network = networkTo((request) => {
    requests.push(request);
    const body = answer(request);
    if (body === undefined) throw new CodedError("offline");
    return { status: 200, body: JSON.stringify(body), bytes: null, contentType: null };
  });
  const bugs: string[] = [];
  const log = createLog((line) => (line.includes('"level":"error"') ? bugs.push(line) : undefined), Date.now);
  const client = new Client({ session, store, machine, network, env: systemEnv, log });
  return { client, store, requests };
}

let clock = 1_700_000_000_000;
function message(event_id: string, text: string, sender = ada) {
  return { event_id, type: "m.room.message", sender, origin_server_ts: (clock += 1000), content: { msgtype: "m.text", body: text } };
}
function edit(event_id: string, target: string, text: string, sender = ada) {
  const content = {
    msgtype: "m.text",
    body: `* ${text}`,
    "m.new_content": { msgtype: "m.text", body: text },
    "m.relates_to": { rel_type: "m.replace", event_id: target },
  };
  return { ...message(event_id, "", sender), content };
}
function redaction(event_id: string, redacts: string) {
  return { ...message(event_id, ""), type: "m.room.redaction", redacts, content: { redacts } };
}
function state(type: string, content: object, state_key: string, event_id: string) {
  return { event_id, type, sender: ada, origin_server_ts: (clock += 1000), content, state_key };
}
function deep(event_id: string) {
  let content: object = {};
  for (let i = 0; i < 110; i += 1) content = { content };
  return { ...message(event_id, ""), content };
}
function joined(events: unknown[], timeline: object = {}) {
  return {
    timeline: { events, limited: false, ...timeline },
    state: { events: [state("m.room.member", { membership: "join" }, me, "$own")] },
  };
}
function body(next_batch: string, join: Record<string, unknown>): string {
  return JSON.stringify({ next_batch, rooms: { join } });
}
const textOf = (item: { content: { kind: string; body?: string } }): string | undefined => item.content.body;
const texts = (client: Client): string[] =>
  client.timelines.open(roomId, 200).items.flatMap((item) => (item.content.kind === "message" ? [item.content.body] : []));
const first = (client: Client): number => client.timelines.open(roomId, 200).items[0]?.position ?? 0;

import { describe, expect, test } from "vitest";
import { parseEventId, parseRoomId } from "../../../protocol/ids.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { networkTo } from "../../../tests/support/fake-network.ts";
import { must } from "../../../tests/support/megolm-world.ts";
import { createLog } from "../../log.ts";
import { OlmMachine } from "../../machine/olm-machine.ts";
import { systemEnv } from "../../primitives/system-env.ts";
import { openMemoryStore, type CryptoStore } from "../../store/store.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { Client } from "../client.ts";
import { laterVersions, latestEdit } from "./edits.ts";

const me = "@me:x.org";
const ada = "@ada:x.org";
const room = must(parseRoomId("!room:x.org"));

type Sent = {
  readonly event_id: string;
  readonly sender: string;
  readonly type: string;
  readonly content: object;
  readonly state_key?: string;
};

const message = (event_id: string, text: string): Sent => ({
  event_id,
  sender: ada,
  type: "m.room.message",
  content: { msgtype: "m.text", body: text },
});
const edit = (event_id: string, target: string, text: string): Sent => ({
  ...message(event_id, ""),
  content: {
    msgtype: "m.text",
    body: `* ${text}`,
    "m.new_content": { msgtype: "m.text", body: text },
    "m.relates_to": { rel_type: "m.replace", event_id: target },
  },
});

async function received(...events: Sent[]): Promise<{ client: Client; store: CryptoStore }> {
  await OlmMachine.ready();
  const store = openMemoryStore();
  const machine = OlmMachine.open({ userId: me, deviceId: "ME", store });
  const network = networkTo(() => {
    throw new CodedError("offline");
  });
  const session = { homeserver: "https://x.org", userId: me, deviceId: "ME", accessToken: "token", refreshToken: null };
  const client = new Client({ session, store, machine, network, env: systemEnv, log: createLog(() => undefined, Date.now) });
  const membership = {
    event_id: "$own",
    type: "m.room.member",
    sender: me,
    state_key: me,
    origin_server_ts: 1,
    content: { membership: "join" },
  };
  const timeline = { events: events.map((event, i) => ({ origin_server_ts: 1000 + i, ...event })), limited: false };
  client.receiveSync(
    null,
    JSON.stringify({ next_batch: "s1", rooms: { join: { [room]: { timeline, state: { events: [membership] } } } } }),
  );
  return { client, store };
}

function load(store: CryptoStore, eventId: string): EventRecord {
  const record = store.events.load(room, must(parseEventId(eventId)));
  if (record === undefined) throw new Error("no such event");
  return record;
}

describe("an edit (CVE-2026-45057)", () => {
  const cases: [string, (original: EventRecord, edit: EventRecord) => [EventRecord, EventRecord]][] = [
    ["of somebody else", (original, edit) => [original, { ...edit, sender: "@eve:x.org" as never }]],
    ["of another room", (original, edit) => [original, { ...edit, roomId: "!other:x.org" as never }]],
    ["of another type", (original, edit) => [original, { ...edit, type: "m.sticker" }]],
    ["of another event", (original, edit) => [original, { ...edit, relatesTo: "$other" as never }]],
    ["that is another relation", (original, edit) => [original, { ...edit, relation: "m.annotation" }]],
    ["that is state", (original, edit) => [original, { ...edit, stateKey: "" }]],
    ["of state", (original, edit) => [{ ...original, stateKey: "" }, edit]],
    ["of an edit", (original, edit) => [{ ...original, relation: "m.replace" }, edit]],
    [
      "of itself",
      (original, edit) => [
        { ...original, eventId: edit.eventId },
        { ...edit, relatesTo: edit.eventId },
      ],
    ],
    ["of what was removed", (original, edit) => [{ ...original, redactedBy: ada as never }, edit]],
    ["that was removed", (original, edit) => [original, { ...edit, redactedBy: ada as never }]],
    ["that cannot be read", (original, edit) => [original, { ...edit, utdCode: "MissingMegolmSession" }]],
    ["in clear of what was encrypted", (original, edit) => [{ ...original, source: {} }, edit]],
    ["without its text", (original, edit) => [original, { ...edit, content: {} }]],
  ];

  test.each(cases)("%s does not count", async (_name, change) => {
    const { store } = await received(message("$1", "original"), edit("$2", "$1", "edited"));
    const [original, replacement] = [load(store, "$1"), load(store, "$2")];
    expect(latestEdit(original, [replacement])).toEqual(replacement);
    const [changedOriginal, changedEdit] = change(original, replacement);
    expect(latestEdit(changedOriginal, [changedEdit])).toBeUndefined();
  });

  test("the latest counts, whatever the order in which they came", async () => {
    const { store } = await received(message("$1", "original"), edit("$2", "$1", "first"), edit("$3", "$1", "second"));
    const [original, first, second] = [load(store, "$1"), load(store, "$2"), load(store, "$3")];
    for (const order of [
      [first, second],
      [second, first],
    ])
      expect(latestEdit(original, order)).toEqual(second);
    const sameTime = { ...second, ts: first.ts };
    expect(latestEdit(original, [sameTime, first])).toEqual(sameTime);
  });

  test("is judged by its own shield, not by that of what it replaces", async () => {
    const { client, store } = await received(
      message("$1", "original"),
      edit("$2", "$1", "edited"),
      message("$3", "other"),
      edit("$4", "$3", "edited"),
    );
    const judge = (eventId: string, shield: string | undefined): void => {
      const record = load(store, eventId);
      store.transaction(() => store.events.setDecryption(record.row, { ...record, shield }));
    };
    judge("$2", "red MismatchedSender");
    judge("$3", "grey UnknownDevice");
    const items = client.timelines.open(room, 10).items;
    const shieldOf = (eventId: string) => items.find((item) => item.eventId === eventId)?.shield;
    expect(shieldOf("$1")).toEqual({ color: "red", code: "MismatchedSender" });
    expect(shieldOf("$3")).toBeNull();
    const versions = async (eventId: string) => (await client.editHistory.of(room, must(parseEventId(eventId)))).versions;
    expect((await versions("$1")).map(({ shield }) => shield?.code ?? null)).toEqual([null, "MismatchedSender"]);
    expect((await versions("$3")).map(({ shield }) => shield?.code ?? null)).toEqual(["UnknownDevice", null]);
  });

  test("that cannot be read has its place in the history, unless it could not be an edit whatever it says", async () => {
    const { store } = await received(message("$1", "original"), edit("$2", "$1", "edited"), edit("$3", "$1", "again"));
    const original = { ...load(store, "$1"), source: {} };
    const second = { ...load(store, "$2"), source: {} };
    const unread = { ...load(store, "$3"), source: {}, type: "m.room.encrypted", content: {}, utdCode: "MissingMegolmSession" };
    expect(laterVersions(original, [unread, second])).toEqual([second, unread]);
    expect(latestEdit(original, [unread, second])).toEqual(second);
    for (const other of [
      { sender: "@eve:x.org" as never },
      { relatesTo: "$other" as never },
      { stateKey: "" },
      { redactedBy: ada as never },
    ])
      expect(laterVersions(original, [{ ...unread, ...other }])).toEqual([]);
    expect(laterVersions(load(store, "$1"), [unread])).toEqual([]);
  });
});

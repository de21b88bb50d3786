import { isJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";
import type { BenchMachine, Implementation } from "./machine.ts";
import { keysClaimResponse, keysQueryResponse, toDeviceEvent, type Sender, type Uploaded } from "./world.ts";

export const ROWS = [
  "open",
  "keysUpload",
  "keysQueryPerDevice",
  "keysClaimPerDevice",
  "shareRoomKeyPerDevice",
  "receiveFirstRoomKey",
  "receiveRoomKeyEach",
  "encryptRoomEvent",
  "decryptRoomEvent",
  "decryptBatch",
  "importPerKey",
  "exportPerKey",
] as const;
export type Row = (typeof ROWS)[number];

/** Microseconds an operation. */
export type Timings = Record<Row, number>;

/** What every round has in common, made once. */
export type World = {
  /** 100 devices of 10 users, of which nobody reads what they are sent. */
  readonly crowd: readonly Uploaded[];
  readonly senders: readonly Sender[];
  readonly roomKeys: readonly JsonObject[];
};

const ROOMS = Array.from({ length: 10 }, (_, i) => `!bench${i}:example.org`);
const EVENTS_A_ROOM = 90;
const LATER_KEYS = 50;
const UPLOADED = { one_time_key_counts: { signed_curve25519: 50 } };

let round = 0;

/** The whole program once, with one implementation. */
export async function runRound(implementation: Implementation, world: World): Promise<Timings> {
  round += 1;
  const watch = new Watch();
  const alice = await watch.time("open", 1, () => implementation.open(`@alice${round}:example.org`, "ALICE"));
  const uploadResponse = implementation.prepare(UPLOADED);
  await watch.time("keysUpload", 1, () => alice.uploadKeys(uploadResponse));
  const readers = [await newReader(implementation, "ONE"), await newReader(implementation, "TWO")];

  const events = await talk(implementation, watch, alice, world.crowd, readers);
  const [one, two] = readers;
  if (one === undefined || two === undefined) throw new Error("no readers");
  await watch.time("decryptRoomEvent", events.length, async () => {
    for (const { event, roomId } of events) await one.machine.decrypt(event, roomId);
  });
  await watch.time("decryptBatch", events.length, () => two.machine.decryptAll(events));
  await receiveKeys(implementation, watch, world.senders);
  await transferKeys(implementation, watch, world.roomKeys);
  for (const machine of [alice, one.machine, two.machine]) await machine.close();
  return watch.timings();
}

type Reader = { readonly machine: BenchMachine; readonly uploaded: Uploaded };

async function newReader(implementation: Implementation, deviceId: string): Promise<Reader> {
  const machine = await implementation.open(`@reader${round}:example.org`, deviceId);
  const body = await machine.uploadKeys(implementation.prepare(UPLOADED));
  return { machine, uploaded: { userId: machine.userId, deviceId, body, claimed: 0 } };
}

/** From meeting everyone to 900 events that the readers can decrypt. */
async function talk(
  implementation: Implementation,
  watch: Watch,
  alice: BenchMachine,
  crowd: readonly Uploaded[],
  readers: readonly Reader[],
) {
  const readerDevices = readers.map(({ uploaded }) => uploaded);
  const crowdUsers = [...new Set(crowd.map(({ userId }) => userId))];
  const readerUsers = [...new Set(readerDevices.map(({ userId }) => userId))];
  await meet(implementation, watch, alice, crowdUsers, crowd);
  await meet(implementation, undefined, alice, readerUsers, readerDevices);

  // The readers get their keys first, outside the measured time.
  const shares = [];
  for (const roomId of ROOMS) shares.push(...(await alice.shareRoomKey(roomId, readerUsers)));
  for (const { id } of shares) await alice.markShared(id);
  for (const { machine, uploaded } of readers)
    await machine.receiveToDevice(implementation.prepare(shares.map(({ messages }) => toDeviceEvent(alice.userId, messages, uploaded))));

  const everyone = [...crowdUsers, ...readerUsers];
  await watch.time("shareRoomKeyPerDevice", ROOMS.length * crowd.length, async () => {
    for (const roomId of ROOMS) for (const { id } of await alice.shareRoomKey(roomId, everyone)) await alice.markShared(id);
  });

  const contents = Array.from({ length: ROOMS.length * EVENTS_A_ROOM }, (_, i) => ({
    roomId: ROOMS[i % ROOMS.length] ?? "",
    content: implementation.prepare({ msgtype: "m.text", body: `Message ${i}: the quick brown fox jumps over the lazy dog.` }),
  }));
  const encrypted: JsonObject[] = [];
  await watch.time("encryptRoomEvent", contents.length, async () => {
    for (const { roomId, content } of contents) encrypted.push(await alice.encrypt(roomId, content));
  });
  return encrypted.map((content, i) => ({
    roomId: contents[i]?.roomId ?? "",
    event: implementation.prepare({
      type: "m.room.encrypted",
      event_id: `$event${i}-with-an-id-of-the-usual-forty-three-chars`,
      sender: alice.userId,
      origin_server_ts: 1_700_000_000_000 + i,
      room_id: contents[i]?.roomId ?? "",
      content,
      unsigned: {},
    }),
  }));
}

async function meet(
  implementation: Implementation,
  watch: Watch | undefined,
  alice: BenchMachine,
  userIds: readonly string[],
  devices: readonly Uploaded[],
): Promise<void> {
  await alice.track(userIds);
  const query = implementation.prepare(keysQueryResponse(devices));
  const queryId = await alice.keysQueryId(userIds[0] ?? "");
  await timed(watch, "keysQueryPerDevice", devices.length, () => alice.receiveKeysQuery(queryId, query));
  const claim = implementation.prepare(keysClaimResponse(devices, watch !== undefined));
  const claimId = await alice.keysClaimId(userIds);
  await timed(watch, "keysClaimPerDevice", devices.length, () => alice.receiveKeysClaim(claimId, claim));
}

/** The first, and later room keys from devices that were never heard of. */
async function receiveKeys(implementation: Implementation, watch: Watch, senders: readonly Sender[]): Promise<void> {
  const { machine, uploaded } = await newReader(implementation, "THREE");
  const first = senders.map((sender) => {
    sender.meet([uploaded]);
    return implementation.prepare([sender.roomKeyFor(uploaded, `!first${round}:example.org`)]);
  });
  await watch.time("receiveFirstRoomKey", first.length, async () => {
    for (const events of first) await machine.receiveToDevice(events);
  });
  const [sender] = senders;
  if (sender === undefined) throw new Error("no senders");
  const later = Array.from({ length: LATER_KEYS }, (_, i) =>
    implementation.prepare([sender.roomKeyFor(uploaded, `!later${round}-${i}:example.org`)]),
  );
  await watch.time("receiveRoomKeyEach", later.length, async () => {
    for (const events of later) await machine.receiveToDevice(events);
  });
  await machine.close();
}

async function transferKeys(implementation: Implementation, watch: Watch, roomKeys: readonly JsonObject[]): Promise<void> {
  const machine = await implementation.open(`@transfer${round}:example.org`, "TRANSFER");
  const keys = implementation.prepare(roomKeys);
  const imported = await watch.time("importPerKey", roomKeys.length, () => machine.importKeys(keys));
  if (imported !== roomKeys.length) throw new Error(`only ${imported} keys were imported`);
  const exported = await watch.time("exportPerKey", roomKeys.length, () => machine.exportKeys());
  const list: unknown = typeof exported === "string" ? JSON.parse(exported) : exported;
  if (!Array.isArray(list) || list.length !== roomKeys.length || !isJsonObject(list[0])) throw new Error("not every key was exported");
  await machine.close();
}

function timed<T>(watch: Watch | undefined, row: Row, operations: number, work: () => T | Promise<T>): Promise<T> {
  return watch === undefined ? Promise.resolve(work()) : watch.time(row, operations, work);
}

class Watch {
  readonly #timings = new Map<Row, number>();

  async time<T>(row: Row, operations: number, work: () => T | Promise<T>): Promise<T> {
    globalThis.gc?.();
    const start = process.hrtime.bigint();
    const value = await work();
    this.#timings.set(row, Number(process.hrtime.bigint() - start) / 1000 / operations);
    return value;
  }

  timings(): Timings {
    return Object.fromEntries(ROWS.map((row) => [row, this.#timings.get(row) ?? Number.NaN])) as Timings;
  }
}

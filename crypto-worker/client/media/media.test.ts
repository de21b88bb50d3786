import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { parseEventId, parseRoomId, type RoomId } from "../../../protocol/ids.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { Transfer } from "../../../protocol/messages/media.ts";
import { parseMediaFile } from "./media-content.ts";

/** Three pieces, the last of them short. */
const FILE = new Uint8Array(randomBytes(2 * 1_048_576 + 333));
const PNG = new Uint8Array(
  Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"),
);
const THUMBNAIL = { bytes: PNG, mimetype: "image/png" as const, width: 1, height: 1 };
const PLAIN = { thumbnail: null, caption: null, relation: {}, mentions: [] };

const world = useClientWorld();

describe("a file in an encrypted room", () => {
  test("goes out as ciphertext without a name, and comes back piece by piece", async () => {
    const { alice, bob, roomId } = await two(true);
    const sent: Transfer[] = [];
    alice.client.emitter.on("transfersChanged", (transfers) => sent.push(...transfers));
    const itemId = await send(alice, roomId, FILE, { thumbnail: THUMBNAIL, caption: "look *here*" });
    expect(alice.timeline(roomId).at(-1)).toMatchObject({ id: itemId, content: { available: true, hasThumbnail: true, name: "a.bin" } });
    const item = await media(bob, roomId);
    expect(item.content).toMatchObject({
      name: "a.bin",
      caption: "look *here*",
      body: "look *here*",
      html: "look <em>here</em>",
      size: FILE.length,
    });
    const uploads = world.server.requests({ path: "/_matrix/media/v3/upload" });
    expect(uploads.map(({ path }) => path)).toEqual(["/_matrix/media/v3/upload", "/_matrix/media/v3/upload"]);
    const stored = world.server.storedMedia(mxcOf(bob, roomId, item));
    expect(stored).toMatchObject({ contentType: "application/octet-stream", fileName: undefined });
    expect(stored.bytes).toHaveLength(FILE.length);
    expect(Buffer.from(stored.bytes).includes(Buffer.from(FILE.subarray(0, 32)))).toBe(false);
    expect(await receive(bob, roomId, item.eventId ?? "")).toEqual({ bytes: FILE, mimetype: "application/octet-stream", name: "a.bin" });
    expect(await receive(bob, roomId, item.eventId ?? "", "thumbnail")).toMatchObject({ bytes: PNG, mimetype: "image/png" });
    // Our own, by the event and by the echo's id.
    expect((await receive(alice, roomId, item.eventId ?? "")).bytes).toEqual(FILE);
    const ups = sent.filter(({ direction }) => direction === "up");
    expect(ups.length).toBeGreaterThan(0);
    expect(ups.every((transfer) => transfer.itemId === itemId && transfer.eventId === null && transfer.done <= (transfer.total ?? 0))).toBe(
      true,
    );
  });

  test("that was changed where it lies gives not a byte", async () => {
    const { alice, bob, roomId } = await two(true);
    await send(alice, roomId, FILE);
    const item = await media(bob, roomId);
    const stored = world.server.storedMedia(mxcOf(bob, roomId, item));
    const good = stored.bytes;
    for (const bad of [flipped(good, 0), flipped(good, good.length - 1), good.slice(0, -1), new Uint8Array()]) {
      stored.bytes = bad;
      await expect(receive(bob, roomId, item.eventId ?? "")).rejects.toMatchObject({ code: "attachment-damaged" });
    }
    stored.bytes = good;
    expect((await receive(bob, roomId, item.eventId ?? "")).bytes).toEqual(FILE);
  });

  test("that changes between the passes gives nothing from there on", async () => {
    const { alice, bob, roomId } = await two(true);
    await send(alice, roomId, FILE);
    const item = await media(bob, roomId);
    const { downloads } = bob.client.media;
    const { transferId } = await downloads.open(room(roomId), item.eventId ?? "", { part: "file" }, never());
    expect(await downloads.read(transferId, 0)).toEqual(FILE.subarray(0, 1_048_576));
    await expect(downloads.read(transferId, 0)).rejects.toMatchObject({ code: "invalid-request" });
    bob.changeSpool((bytes) => flipped(bytes, 1_048_576 + 5));
    await expect(downloads.read(transferId, 1_048_576)).rejects.toMatchObject({ code: "attachment-damaged" });
    downloads.close(transferId);
    await bob.until(() => bob.spooled().length === 0, "the spool to be empty");
  });

  test("can be opened while it waits, and is stopped with its upload", async () => {
    const { alice, roomId } = await two(true);
    const hang = world.server.faults.add({ kind: "hang", path: "/_matrix/media/v3/upload" });
    const itemId = await send(alice, roomId, FILE);
    expect((await receive(alice, roomId, itemId)).bytes).toEqual(FILE);
    await alice.until(() => hang.fired > 0, "the upload to begin");
    alice.client.sendQueue.cancel(room(roomId), itemId);
    hang.remove();
    expect(alice.timeline(roomId).some(({ id }) => id === itemId)).toBe(false);
    await alice.until(() => alice.spooled().length === 0, "the spool to be empty");
    // Nothing of it holds up what comes after.
    alice.send(roomId, "next");
    await alice.untilSent();
  });

  test("is uploaded once, however often its event has to be sent", async () => {
    const { alice, bob, roomId } = await two(true);
    world.server.faults.add({ kind: "status", status: 502, path: /\/send\/m\.room\.encrypted/, times: 2 });
    await send(alice, roomId, FILE);
    await media(bob, roomId);
    expect(world.server.requests({ path: "/_matrix/media/v3/upload" })).toHaveLength(1);
  });

  test("is passed on by its reference: it is not uploaded again, can be opened at once, and goes into no room in clear", async () => {
    const { alice, bob, roomId } = await two(true);
    await send(alice, roomId, FILE, { thumbnail: THUMBNAIL, caption: "look" });
    const item = await media(bob, roomId);
    const [inside, outside] = [
      await bob.client.rooms.create({ encrypted: true, invite: [], direct: false }),
      await bob.client.rooms.create({ encrypted: false, invite: [], direct: false }),
    ];
    const forward = (to: string): string => bob.client.composer.forward(room(roomId), item.eventId ?? "", room(to));
    expect(() => forward(outside)).toThrow("unsupported");
    bob.setReachable(false);
    const itemId = forward(inside);
    expect(bob.timeline(inside).at(-1)).toMatchObject({ id: itemId, content: { available: true, hasThumbnail: true, caption: "look" } });
    bob.setReachable(true);
    expect((await receive(bob, inside, itemId)).bytes).toEqual(FILE);
    await bob.untilSent();
    const arrived = await media(bob, inside);
    expect(arrived).toMatchObject({ mine: true, content: { name: "a.bin", size: FILE.length, replyTo: null } });
    expect(await receive(bob, inside, arrived.eventId ?? "", "thumbnail")).toMatchObject({ bytes: PNG, mimetype: "image/png" });
    expect(world.server.requests({ path: "/_matrix/media/v3/upload" })).toHaveLength(2);
    expect(JSON.stringify(world.server.acceptedEvents(outside))).not.toContain("m.file");
  });

  test("of which the answer was lost is uploaded again", async () => {
    const { alice, bob, roomId } = await two(true);
    world.server.faults.add({ kind: "lostResponse", path: "/_matrix/media/v3/upload", times: 1 });
    await send(alice, roomId, FILE);
    const item = await media(bob, roomId);
    expect((await receive(bob, roomId, item.eventId ?? "")).bytes).toEqual(FILE);
  });
});

describe("a file that takes its time", () => {
  const upload = "/_matrix/media/v3/upload";
  const bodies = (by: InProcessClient, roomId: string): string[] =>
    by.timeline(roomId).flatMap(({ content }) => (content.kind === "message" || content.kind === "media" ? [content.body] : []));

  test("is waited for by what was written after it, where that is a moment", async () => {
    const { alice, bob, roomId } = await two(true);
    world.server.faults.add({ kind: "delay", ms: 800, path: upload, times: 1 });
    await send(alice, roomId, PNG);
    alice.send(roomId, "after the picture");
    await bob.untilText(roomId, "after the picture");
    expect(bodies(bob, roomId)).toEqual(["a.bin", "after the picture"]);
  });

  test("is passed where it is longer, by what has no files; files keep their order", async () => {
    const { alice, bob, roomId } = await two(true);
    alice.send(roomId, "before");
    world.server.faults.add({ kind: "delay", ms: 8000, path: upload, times: 1 });
    await send(alice, roomId, FILE, {}, { name: "film.bin" });
    await send(alice, roomId, PNG, {}, { name: "picture.bin" });
    const began = Date.now();
    alice.send(roomId, "after");
    await bob.untilText(roomId, "after");
    expect(Date.now() - began).toBeGreaterThan(3000);
    // It has been waited for once.
    alice.send(roomId, "and at once");
    await bob.untilText(roomId, "and at once");
    await bob.until(() => bodies(bob, roomId).length === 5, "the files", 30_000);
    expect(bodies(bob, roomId)).toEqual(["before", "after", "and at once", "film.bin", "picture.bin"]);
    await alice.until(() => alice.spooled().length === 0, "the spool to be empty");
  });

  test.each([
    ["the server stumbles", { kind: "status", status: 503, path: upload, times: 2 }],
    ["the connection is lost", { kind: "drop", path: upload, times: 2 }],
  ] as const)("begins again by itself, out of the spool, when %s", async (_, fault) => {
    const { alice, bob, roomId } = await two(true);
    world.server.faults.add(fault);
    await send(alice, roomId, FILE);
    const item = await media(bob, roomId);
    expect((await receive(bob, roomId, item.eventId ?? "")).bytes).toEqual(FILE);
    expect(world.server.requests({ path: upload })).toHaveLength(3);
  });
});

describe("a file in an unencrypted room", () => {
  test("goes out as it is, with its name and type, and never lies in the spool like that", async () => {
    const { alice, bob, roomId } = await two(false);
    await send(alice, roomId, PNG, { thumbnail: THUMBNAIL }, { kind: "image", mimetype: "image/png", name: "../../dots.png" });
    const item = await media(bob, roomId);
    expect(item.content).toMatchObject({ msgtype: "image", name: "dots.png", caption: null, available: true, hasThumbnail: true });
    const stored = world.server.storedMedia(mxcOf(bob, roomId, item));
    expect(stored).toMatchObject({ contentType: "image/png", fileName: "dots.png" });
    expect(new Uint8Array(stored.bytes)).toEqual(PNG);
    expect(await receive(bob, roomId, item.eventId ?? "")).toEqual({ bytes: PNG, mimetype: "image/png", name: "dots.png" });
    await alice.until(() => alice.spooled().length === 0, "the spool to be empty");
  });

  test("whose encryption is turned on during the upload is uploaded again, encrypted", async () => {
    const { alice, bob, roomId } = await two(false);
    const slow = world.server.faults.add({ kind: "delay", ms: 800, path: "/_matrix/media/v3/upload", times: 1 });
    await send(alice, roomId, FILE);
    await alice.until(() => slow.fired > 0, "the upload to begin");
    await alice.client.rooms.enableEncryption(room(roomId));
    await alice.until(() => alice.client.summaries().some((summary) => summary.roomId === roomId && summary.encrypted), "encryption");
    const item = await media(bob, roomId);
    expect(item.encrypted).toBe(true);
    const stored = world.server.storedMedia(mxcOf(bob, roomId, item));
    expect(Buffer.from(stored.bytes).equals(FILE)).toBe(false);
    expect((await receive(bob, roomId, item.eventId ?? "")).bytes).toEqual(FILE);
  });
});

describe("limits", () => {
  test("a file that the server would not take is refused before it is encrypted", async () => {
    world.server.switches.maxUploadBytes = 1000;
    const { alice, roomId } = await two(true);
    await expect(begin(alice, roomId, 1001)).rejects.toMatchObject({ code: "too-large" });
    await begin(alice, roomId, 1000);
  });

  test("a server that says so only when it is too late is believed", async () => {
    const { alice, roomId } = await two(true);
    await begin(alice, roomId, 1);
    world.server.switches.maxUploadBytes = 1000;
    const itemId = await send(alice, roomId, FILE);
    const failed = await alice.until(
      () => alice.timeline(roomId).find(({ id, send: state }) => id === itemId && state?.state === "failed"),
      "the refusal",
    );
    expect(failed.send?.error).toBe("too-large");
  });

  test("nothing larger is fetched than is asked for", async () => {
    const { alice, bob, roomId } = await two(true);
    await send(alice, roomId, FILE);
    const item = await media(bob, roomId);
    const open = bob.client.media.downloads.open(room(roomId), item.eventId ?? "", { part: "file", maxBytes: 4096 }, never());
    await expect(open).rejects.toMatchObject({ code: "too-large" });
  });

  test("a server from before authenticated media is asked in the old way", async () => {
    world.server.switches.authenticatedMedia = false;
    const { alice, bob, roomId } = await two(true);
    await send(alice, roomId, FILE);
    const item = await media(bob, roomId);
    expect((await receive(bob, roomId, item.eventId ?? "")).bytes).toEqual(FILE);
  });

  test("as many bytes as were announced, and in no other order", async () => {
    const { alice, roomId } = await two(true);
    const { attachments } = alice.client;
    const attachmentId = await begin(alice, roomId, 10);
    await attachments.append(attachmentId, new Uint8Array(6));
    expect(() => attachments.append(attachmentId, new Uint8Array(5))).toThrow("invalid-request");
    expect(() => attachments.send(attachmentId, PLAIN)).toThrow("invalid-request");
    attachments.discard(attachmentId);
    expect(() => attachments.append(attachmentId, new Uint8Array(1))).toThrow("not-found");
    await alice.until(() => alice.spooled().length === 0, "the spool to be empty");
    expect(alice.timeline(roomId).some(({ content }) => content.kind === "media")).toBe(false);
  });

  test("a thumbnail that is none is not sent", async () => {
    const { alice, roomId } = await two(true);
    const attachmentId = await begin(alice, roomId, 0);
    const thumbnail = { ...THUMBNAIL, bytes: new TextEncoder().encode("<svg onload=alert(1)>") };
    expect(() => alice.client.attachments.send(attachmentId, { ...PLAIN, thumbnail })).toThrow("invalid-request");
  });
});

async function two(encrypted: boolean): Promise<{ alice: InProcessClient; bob: InProcessClient; roomId: string }> {
  const [alice, bob] = await Promise.all([world.person("alice"), world.person("bob")]);
  const roomId = await alice.client.rooms.create({ encrypted, invite: [bob.userId], direct: false });
  await bob.until(() => bob.client.summaries().some((summary) => summary.roomId === roomId), "the invite");
  await bob.client.rooms.join(roomId);
  await alice.until(
    () => alice.client.summaries().some((summary) => summary.roomId === roomId && summary.membership === "join"),
    "the room",
  );
  return { alice, bob, roomId };
}

type About = Omit<Parameters<InProcessClient["client"]["attachments"]["begin"]>[1], "size">;
type Finish = Parameters<InProcessClient["client"]["attachments"]["send"]>[1];

function begin(by: InProcessClient, roomId: string, size: number, about: Partial<About> = {}): Promise<string> {
  return by.client.attachments.begin(room(roomId), { name: "a.bin", mimetype: "", kind: "file", size, ...about });
}

async function send(
  by: InProcessClient,
  roomId: string,
  file: Uint8Array,
  finish: Partial<Finish> = {},
  about: Partial<About> = {},
): Promise<string> {
  const { attachments } = by.client;
  const attachmentId = await begin(by, roomId, file.length, about);
  for (let at = 0; at < file.length; at += 700_000) await attachments.append(attachmentId, file.slice(at, at + 700_000));
  return attachments.send(attachmentId, { ...PLAIN, ...finish });
}

async function receive(by: InProcessClient, roomId: string, id: string, part: "file" | "thumbnail" = "file") {
  const { downloads } = by.client.media;
  const { transferId, size, mimetype, name } = await downloads.open(room(roomId), id, { part }, never());
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < size; offset += pieces.at(-1)?.length ?? size) pieces.push(await downloads.read(transferId, offset));
  expect(await downloads.read(transferId, size)).toHaveLength(0);
  downloads.close(transferId);
  return { bytes: new Uint8Array(Buffer.concat(pieces)), mimetype, name };
}

function media(by: InProcessClient, roomId: string): Promise<TimelineItem> {
  return by.until(
    () => by.timeline(roomId).find(({ content, eventId }) => content.kind === "media" && eventId !== null),
    "the file",
    30_000,
  );
}

/** Where the file lies, from the event as it was decrypted. */
function mxcOf(by: InProcessClient, roomId: string, item: TimelineItem): string {
  const eventId = parseEventId(item.eventId);
  const event = eventId.ok ? by.store.events.load(room(roomId), eventId.value) : undefined;
  const file = event === undefined ? undefined : parseMediaFile(event.content, "file", event.source !== undefined);
  if (file === undefined) throw new Error("no file");
  return file.mxc;
}

function flipped(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const never = (): AbortSignal => new AbortController().signal;

function room(roomId: string): RoomId {
  const parsed = parseRoomId(roomId);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

import { describe, expect, test, vi } from "vitest";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { parseUserId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { StoreError } from "../../store/types.ts";

const UPLOAD = "/_matrix/media/v3/upload";
const DOWNLOAD = /\/_matrix\/client\/v1\/media\/download\//;

const world = useClientWorld();

describe("an invitation", () => {
  test("to a room whose past is for newcomers brings its keys, and shows whose word they are", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    expect(bundles()).toHaveLength(1);
    await joins(bob, roomId);
    const items = await pastOf(bob, roomId, ["one", "two"]);
    expect(items.map(({ shield, keySharedBy }) => [shield?.code, keySharedBy?.userId])).toEqual([
      ["AuthenticityNotGuaranteed", alice.userId],
      ["AuthenticityNotGuaranteed", alice.userId],
    ]);
    // What is said from now on comes from its maker.
    alice.send(roomId, "welcome");
    expect(await bob.untilText(roomId, "welcome")).toMatchObject({ shield: null, keySharedBy: null });
    expect(bob.client.summaries().map(({ unread }) => unread)).toEqual([1]);
    expect(alice.store.historyShares.all()).toEqual([]);
    expect([...alice.spooled(), ...bob.spooled()]).toEqual([]);
  });

  test("that is accepted before the bundle comes gets it later", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    const refused = world.server.faults.add({ kind: "status", status: 502, path: UPLOAD });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    await joins(bob, roomId);
    expect(unreadable(bob, roomId)).toBe(2);
    refused.remove();
    await alice.until(() => knows(alice, roomId, bob), "bob in the room");
    alice.setReachable(true);
    await pastOf(bob, roomId, ["one", "two"]);
  });

  test("goes out although nothing can be uploaded, and the rest is done by the next run of the app", async () => {
    const { alice, bob, roomId, resumeAlice } = await aliceWithPast();
    const refused = world.server.faults.add({ kind: "status", status: 503, path: UPLOAD });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    expect(refused.fired).toBeGreaterThan(0);
    await joins(bob, roomId);
    const again = await resumeAlice();
    refused.remove();
    again.setReachable(true);
    await pastOf(bob, roomId, ["one", "two"]);
    await again.until(() => again.store.historyShares.all().length === 0, "nothing to be left");
  });

  test("whose bundle is up and cannot be announced yet is announced by the next run, without another upload", async () => {
    const { alice, bob, roomId, resumeAlice } = await aliceWithPast();
    vi.spyOn(alice.machine.history, "shareBundle").mockImplementation(() => {
      throw new CodedError("encryption-failed");
    });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    expect(alice.store.historyShares.uploaded(roomId, idOf(bob.userId))).toMatchObject({ mxc: expect.any(String) });
    // What every sync reads has no key in it.
    expect(alice.store.historyShares.all()).toEqual([{ roomId, userId: bob.userId, createdTs: expect.any(Number) }]);
    await joins(bob, roomId);
    const again = await resumeAlice();
    await pastOf(bob, roomId, ["one", "two"]);
    expect(bundles()).toHaveLength(1);
    expect(again.store.historyShares.all()).toEqual([]);
  });

  test("whose announcement does not arrive is announced by the next run with the same bytes", async () => {
    const { alice, bob, roomId, resumeAlice } = await aliceWithPast();
    const lost = world.server.faults.add({ kind: "status", status: 503, path: /\/sendToDevice\/m\.room\.encrypted/ });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    expect(lost.fired).toBeGreaterThan(0);
    lost.remove();
    await joins(bob, roomId);
    await resumeAlice();
    await pastOf(bob, roomId, ["one", "two"]);
    const sent = world.server.requests({ path: /\/sendToDevice\/m\.room\.encrypted/, userId: alice.userId });
    expect(new Set(sent.map(({ path, body }) => path + JSON.stringify(body))).size).toBe(1);
  });

  test("brings the keys that only the backup has, which is asked once for the room; without it, what is here", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.keeping.recovery.enable(null, { kind: "password", password: "secret of alice" });
    const backup = () => alice.client.keeping.safety.view().backup;
    await alice.until(() => backup().backedUp > 0 && !backup().uploading, "the backup");
    alice.store.transaction(() => alice.store.prepare("DELETE FROM inbound_group_session").run());
    const fails = world.server.faults.add({ kind: "status", status: 500, path: /\/room_keys\/keys\//, times: 1 });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    expect(fails.fired).toBe(1);
    await joins(bob, roomId);
    await alice.until(() => knows(alice, roomId, bob), "bob in the room");
    alice.setReachable(true);
    await pastOf(bob, roomId, ["one", "two"]);
    const carol = await person("carol");
    world.server.clearRequests();
    await alice.client.rooms.invite(roomId, idOf(carol.userId));
    expect(bundles()).toHaveLength(1);
    expect(world.server.requests({ path: /\/room_keys\/keys\//, userId: alice.userId, method: "GET" })).toEqual([]);
  });

  test("that the server refuses leaves nothing behind", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    world.server.faults.add({ kind: "status", status: 403, path: /\/invite$/ });
    await expect(alice.client.rooms.invite(roomId, idOf(bob.userId))).rejects.toMatchObject({ code: "forbidden" });
    expect(alice.store.historyShares.all()).toEqual([]);
  });

  test("whose answer is lost still brings the keys, also where it is then sent once more", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    const refused = world.server.faults.add({ kind: "status", status: 503, path: UPLOAD });
    const lost = world.server.faults.add({ kind: "lostResponse", path: /\/invite$/, times: 1 });
    await expect(alice.client.rooms.invite(roomId, idOf(bob.userId))).rejects.toThrow();
    expect(lost.fired).toBe(1);
    await joins(bob, roomId);
    await alice.until(() => knows(alice, roomId, bob), "bob in the room");
    await expect(alice.client.rooms.invite(roomId, idOf(bob.userId))).rejects.toMatchObject({ code: "forbidden" });
    refused.remove();
    alice.setReachable(true);
    await pastOf(bob, roomId, ["one", "two"]);
  });

  test("that never went out, or was not taken for a week, is forgotten; nothing is uploaded for it", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.views.members(roomId);
    const { historyShares } = alice.store;
    for (const [userId, age] of [
      ["@carol:localhost", 9],
      ["@dave:localhost", 11],
    ] as const)
      alice.store.transaction(() => historyShares.add(roomId, idOf(userId), Date.now() - age * 60_000));
    alice.setReachable(true);
    expect(historyShares.all().map(({ userId }) => userId)).toEqual(["@carol:localhost"]);
    await inviteQuietly(alice, roomId, bob);
    alice.store.transaction(() => historyShares.add(roomId, idOf(bob.userId), Date.now() - 8 * 24 * 60 * 60_000));
    alice.setReachable(true);
    expect(historyShares.all().map(({ userId }) => userId)).toEqual(["@carol:localhost"]);
    expect(bundles()).toEqual([]);
  });

  test("whose bundle the server does not take for good is not built and uploaded over and over", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    const refused = world.server.faults.add({ kind: "status", status: 413, path: UPLOAD });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    await joins(bob, roomId);
    await alice.until(() => knows(alice, roomId, bob), "bob in the room");
    expect(alice.store.historyShares.all()).toEqual([]);
    alice.setReachable(true);
    await alice.sync();
    expect(refused.fired).toBe(1);
  });

  test("of somebody who is put out while the bundle is on its way gives them nothing", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    const refused = world.server.faults.add({ kind: "status", status: 503, path: UPLOAD });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    await alice.until(() => alice.store.members.load(roomId, idOf(bob.userId))?.membership === "invite", "the invitation");
    refused.remove();
    const { blobs } = alice.client.media;
    const upload = blobs.upload.bind(blobs);
    let arrive = (): void => undefined;
    const arrives = new Promise<void>((resolve) => (arrive = resolve));
    const uploads = vi.spyOn(blobs, "upload").mockImplementation(async (...args) => {
      const mxc = await upload(...args);
      await arrives;
      return mxc;
    });
    alice.setReachable(true);
    await alice.until(() => uploads.mock.calls.length > 0, "the upload");
    await alice.client.rooms.kick(roomId, idOf(bob.userId), undefined);
    await alice.until(() => alice.store.members.load(roomId, idOf(bob.userId))?.membership === "leave", "bob to be gone");
    const shareBundle = vi.spyOn(alice.machine.history, "shareBundle");
    arrive();
    await uploads.mock.results[0]?.value;
    await alice.sync();
    expect(shareBundle).not.toHaveBeenCalled();
    await bob.sync();
    expect(bob.store.keyBundles.find(roomId, idOf(alice.userId))).toBeUndefined();
  });

  test("whose rest cannot be looked for when its time has come, as the store fails, ends nothing", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
    try {
      world.server.faults.add({ kind: "status", status: 503, path: UPLOAD });
      await alice.client.rooms.invite(roomId, idOf(bob.userId));
      await alice.stopSyncing();
      const unreadable = vi.spyOn(alice.store.historyShares, "all").mockImplementation(() => {
        throw new StoreError("failed");
      });
      expect(() => vi.advanceTimersByTime(10_000)).not.toThrow();
      await vi.waitFor(() => expect(unreadable).toHaveBeenCalled());
    } finally {
      vi.useRealTimers();
    }
  });

  test.each(["joined", "invited"] as const)("to a room whose history is for those who are %s shares nothing", async (historyVisibility) => {
    const { alice, bob, roomId } = await aliceWithPast(historyVisibility);
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    expect(bundles()).toEqual([]);
    expect(alice.store.historyShares.all()).toEqual([]);
  });

  test("of somebody without an identity shares nothing with them", async () => {
    const { alice, roomId } = await aliceWithPast();
    world.server.switches.uiaForFirstCrossSigningKeys = true;
    const eve = await person("eve", false);
    await alice.client.rooms.invite(roomId, idOf(eve.userId));
    expect(bundles()).toEqual([]);
    expect(alice.store.historyShares.all()).toEqual([]);
  });
});

describe("what an inviter shares", () => {
  test.each([
    ["before it is accepted", async (bob: Phoenix) => bob.rise(), async () => undefined],
    ["once it is accepted, before the sync says so", async () => undefined, async (bob: Phoenix) => bob.rise()],
  ])("is not lost where the app ends %s", async (_when, before, after) => {
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    const phoenix = new Phoenix(bob, roomId);
    await phoenix.untilInvited();
    await before(phoenix);
    await phoenix.untilInvited();
    await phoenix.accept();
    await after(phoenix);
    phoenix.client.startSyncing();
    await pastOf(phoenix.client, roomId, ["one", "two"]);
  });

  test("is taken also where the invitation was accepted before the sync had brought it", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    await bob.stopSyncing();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    const joined = bob.client.rooms.join(roomId);
    bob.startSyncing();
    await joined;
    await pastOf(bob, roomId, ["one", "two"]);
  });

  test("is not lost where the app ends during the download, nor between two batches of keys", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    for (let i = 0; i < 250; i++) {
      alice.machine.shareRoomKey(roomId, [], { historyVisibility: "shared" });
      alice.machine.discardRoomKey(roomId);
    }
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    const hang = world.server.faults.add({ kind: "hang", path: DOWNLOAD, times: 1 });
    const phoenix = new Phoenix(bob, roomId);
    await phoenix.untilInvited();
    await phoenix.accept();
    await bob.until(() => hang.fired > 0, "the download to begin");
    hang.remove();
    await phoenix.rise();

    const { client } = phoenix;
    const { history } = client.machine;
    const importBatch = history.importBatch.bind(history);
    const batches = vi.spyOn(history, "importBatch").mockImplementation((...args) => {
      const batch = importBatch(...args);
      queueMicrotask(() => client.client.stop());
      return batch;
    });
    await client.sync();
    await vi.waitFor(() => expect(batches).toHaveBeenCalledTimes(1), 5000);
    expect(client.store.inboundGroupSessions.count()).toBeGreaterThanOrEqual(200);
    await phoenix.rise();
    phoenix.client.startSyncing();
    await pastOf(phoenix.client, roomId, ["one", "two"]);
    await phoenix.client.until(() => phoenix.client.machine.history.readyBundles().length === 0, "the rest");
    expect(phoenix.client.store.inboundGroupSessions.count()).toBe(250);
  });

  test("and says is not for newcomers is shown as that", async () => {
    const { alice, bob, roomId } = await aliceWithPast("joined");
    await setVisibility(alice, roomId, "shared");
    alice.send(roomId, "three");
    await alice.untilSent();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    await joins(bob, roomId);
    await pastOf(bob, roomId, ["three"]);
    expect(bob.store.withheldSessions.withCode(roomId, "m.history_not_shared")).toHaveLength(1);
    for (const { content } of bob.timeline(roomId))
      if (content.kind === "undecryptable")
        expect(content.utd).toMatchObject({ withheldCode: "m.history_not_shared", cause: "sent-before-we-joined" });
  });

  test("is refused where it is not what was announced, is too large, or is gone; nothing of it is taken, and it is not asked for again", async () => {
    for (const spoil of [
      (bytes: Uint8Array<ArrayBuffer>) => bytes.map((byte, at) => (at === 5 ? byte ^ 1 : byte)),
      () => new Uint8Array(65 * 1024 * 1024),
    ]) {
      const { alice, bob, roomId } = await aliceWithPast();
      await alice.client.rooms.invite(roomId, idOf(bob.userId));
      const received = await bob.until(() => bob.store.keyBundles.find(roomId, idOf(alice.userId)), "the bundle");
      const stored = world.server.storedMedia(JSON.parse(received.fileJson).url);
      stored.bytes = spoil(stored.bytes);
      await joins(bob, roomId);
      await bob.until(() => bob.machine.history.readyBundles().length === 0 && downloads() > 0, "the refusal");
      expect(unreadable(bob, roomId)).toBe(2);
      await bob.until(() => bob.spooled().length === 0, "the spool to be empty");
      world.server.clearRequests();
      bob.setReachable(true);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(downloads()).toBe(0);
    }
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    world.server.faults.add({ kind: "status", status: 404, path: DOWNLOAD, times: 1 });
    await joins(bob, roomId);
    await bob.until(() => bob.store.keyBundles.invites().length === 0, "the refusal");
    expect(unreadable(bob, roomId)).toBe(2);
  });

  test("is not even fetched where it comes from somebody else", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    const mallory = await person("mallory");
    const shared = world.server.faults.add({ kind: "status", status: 503, path: UPLOAD });
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    shared.remove();
    // Mallory knows the room's id, and Bob.
    mallory.machine.updateTrackedUsers([bob.userId]);
    const own = await mallory.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false });
    mallory.send(own, "hello");
    await mallory.untilSent();
    const keys = mallory.machine.history.buildBundle(own)?.keys;
    if (keys === undefined) throw new Error("no bundle");
    const { sentCount } = mallory.machine.history.shareBundle(bob.userId, { roomId, url: "mxc://hs.example/x", keys });
    expect(sentCount).toBe(1);
    mallory.setReachable(true);
    await mallory.until(() => mallory.machine.outgoingRequests().length === 0, "the announcement to be sent");
    await joins(bob, roomId);
    await bob.sync();
    expect(bob.machine.history.readyBundles()).toEqual([]);
    expect(downloads()).toBe(0);
  });

  test("and a bug of ours cannot take is tried a few times, then set aside; the rest goes on", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    const opened = vi.spyOn(bob.machine.history, "openBundle").mockImplementation(() => {
      throw new TypeError("a bug");
    });
    await joins(bob, roomId);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await bob.until(() => opened.mock.calls.length === attempt, "the attempt");
      await bob.sync();
      expect(opened).toHaveBeenCalledTimes(attempt);
      // The line comes and goes: what may be tried at once then is still counted.
      bob.setReachable(true);
    }
    await bob.until(() => bob.store.keyBundles.invites().length === 0, "the bundle to be set aside");
    opened.mockRestore();
    bob.setReachable(true);
    alice.send(roomId, "welcome");
    await bob.untilText(roomId, "welcome");
    expect(unreadable(bob, roomId)).toBe(2);
  });

  test("is forgotten with an invitation that was declined", async () => {
    const { alice, bob, roomId } = await aliceWithPast();
    await alice.client.rooms.invite(roomId, idOf(bob.userId));
    await bob.until(() => bob.client.summaries().length > 0, "the invitation");
    await bob.client.rooms.leave(roomId);
    expect(bob.store.keyBundles.find(roomId, idOf(alice.userId))).toBeUndefined();
  });
});

/** Bob, who falls over and comes back with what was on disk. */
class Phoenix {
  client: InProcessClient;
  readonly #roomId: RoomId;

  constructor(client: InProcessClient, roomId: RoomId) {
    this.client = client;
    this.#roomId = roomId;
  }

  async rise(): Promise<void> {
    this.client = await resume(this.client);
  }

  async untilInvited(): Promise<void> {
    await this.client.stopSyncing();
    await this.client.until(() => this.client.client.summaries().some(({ roomId }) => roomId === this.#roomId), "the invitation");
    await this.client.until(() => this.client.store.keyBundles.find(this.#roomId, inviterOf(this.client, this.#roomId)), "the bundle");
  }

  /** The server has it, and its answer was lost with the app. */
  async accept(): Promise<void> {
    const lost = world.server.faults.add({ kind: "lostResponse", path: /\/join\//, times: 1 });
    await expect(this.client.client.rooms.join(this.#roomId)).rejects.toThrow();
    lost.remove();
  }
}

async function aliceWithPast(historyVisibility: "shared" | "joined" | "invited" = "shared") {
  const [alice, bob] = await Promise.all([person("alice"), person("bob")]);
  const roomId = await alice.client.rooms.create({ encrypted: true, invite: [], direct: false, historyVisibility });
  for (const text of ["one", "two"]) alice.send(roomId, text);
  await alice.untilSent();
  return { alice, bob, roomId, resumeAlice: () => resume(alice, true) };
}

async function person(name: string, identity = true): Promise<InProcessClient> {
  const made = await world.person(name, { store: world.newStore() });
  await made.until(() => made.store.account.load()?.deviceKeysUploaded === true, "device keys");
  const isSigned = () =>
    made.client.account.encryptionStatus().crossSigning.thisDeviceSigned && made.store.customValues.load("identity-setup") === undefined;
  if (identity) await made.until(isSigned, "an identity");
  return made;
}

/** The app ends as in a power cut, and starts again. */
async function resume(client: InProcessClient, syncing = false): Promise<InProcessClient> {
  const again = await world.resume(client);
  if (syncing) again.startSyncing();
  return again;
}

async function joins(bob: InProcessClient, roomId: RoomId): Promise<void> {
  await bob.until(() => bob.client.summaries().some((summary) => summary.roomId === roomId), "the invitation");
  await bob.client.rooms.join(roomId);
}

async function pastOf(bob: InProcessClient, roomId: RoomId, texts: readonly string[]): Promise<TimelineItem[]> {
  await bob.until(() => bob.client.summaries().some((summary) => summary.roomId === roomId && summary.membership === "join"), "the room");
  const found: TimelineItem[] = [];
  for (const text of texts) found.push(await bob.untilText(roomId, text));
  return found;
}

/** As another device of Alice's would. */
async function ask(alice: InProcessClient, method: "PUT" | "POST", roomId: RoomId, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${world.server.url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${path}`, {
    method,
    headers: { authorization: `Bearer ${alice.session.accessToken}` },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

async function inviteQuietly(alice: InProcessClient, roomId: RoomId, bob: InProcessClient): Promise<void> {
  await ask(alice, "POST", roomId, "invite", { user_id: bob.userId });
  await alice.until(() => alice.store.members.load(roomId, idOf(bob.userId))?.membership === "invite", "the invitation");
}

async function setVisibility(alice: InProcessClient, roomId: RoomId, visibility: string): Promise<void> {
  await ask(alice, "PUT", roomId, "state/m.room.history_visibility/", { history_visibility: visibility });
  await alice.until(() => alice.client.views.room(roomId).historyVisibility === visibility, "the change");
}

const unreadable = (bob: InProcessClient, roomId: RoomId): number =>
  bob.timeline(roomId).filter(({ content }) => content.kind === "undecryptable").length;
const bundles = () => world.server.requests({ path: UPLOAD });
const downloads = (): number => world.server.requests({ path: DOWNLOAD }).length;
const knows = (alice: InProcessClient, roomId: RoomId, bob: InProcessClient): boolean =>
  alice.store.members.load(roomId, idOf(bob.userId))?.membership === "join";

function inviterOf(bob: InProcessClient, roomId: RoomId): UserId {
  return idOf(bob.client.summaries().find((summary) => summary.roomId === roomId)?.inviter?.userId ?? "");
}

function idOf(userId: string): UserId {
  const parsed = parseUserId(userId);
  if (!parsed.ok) throw new Error("not a user id");
  return parsed.value;
}

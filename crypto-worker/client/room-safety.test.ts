import { describe, expect, test } from "vitest";
import { parseRoomId, type RoomId } from "../../protocol/ids.ts";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";

const QUIET = {
  everyoneVerified: false,
  changed: [],
  unsignedDevices: [],
  onlyVerified: { here: false, everywhere: false },
  leftOut: [],
};

const world = useClientWorld();

describe("what is said of a room", () => {
  test("everyone is verified once all of them are, and their devices signed", async () => {
    const { alice, bob, roomId } = await pair();
    const leftOut = (devices: "all" | "some") => [{ userId: bob.userId, devices }];
    expect(await safetyOf(alice, roomId)).toEqual({ ...QUIET, leftOut: leftOut("all") });
    verify(alice, bob);
    expect(await safetyOf(alice, roomId)).toEqual({ ...QUIET, everyoneVerified: true });
    const { session } = await person("bob", bob);
    await knows(alice, bob, session.deviceId);
    expect(await safetyOf(alice, roomId)).toEqual({
      ...QUIET,
      unsignedDevices: [{ userId: bob.userId, deviceIds: [session.deviceId] }],
      leftOut: leftOut("some"),
    });
    alice.client.setBlacklisted(bob.userId, session.deviceId, true);
    expect(await safetyOf(alice, roomId)).toEqual({ ...QUIET, everyoneVerified: true, leftOut: leftOut("some") });
  });

  test("a new identity is told and can be accepted; one that was verified is not accepted here", async () => {
    const { alice, bob, roomId } = await pair();
    await resetIdentity(bob);
    await changed(alice, bob, { pinViolation: true });
    expect((await safetyOf(alice, roomId)).changed).toEqual([{ userId: bob.userId, problem: "new-identity" }]);
    // Nobody had verified bob, so nothing is kept back.
    alice.send(roomId, "as before");
    await bob.untilText(roomId, "as before");
    const told: string[] = [];
    alice.client.emitter.on("devicesChanged", ({ userIds }) => told.push(...userIds));
    alice.client.people.acceptIdentity(bob.userId);
    expect(told).toEqual([bob.userId]);
    expect((await safetyOf(alice, roomId)).changed).toEqual([]);
    verify(alice, bob);
    await resetIdentity(bob);
    await changed(alice, bob, { previouslyVerified: true, verified: false });
    expect((await safetyOf(alice, roomId)).changed).toEqual([{ userId: bob.userId, problem: "was-verified" }]);
    expect(() => alice.client.people.acceptIdentity(bob.userId)).toThrow("forbidden");
    expect(() => alice.client.people.acceptIdentity("@nobody:example.org")).toThrow("not-found");
  });

  test("nothing is said of a room that is not encrypted", async () => {
    const alice = await person("alice");
    const roomId = idOf(await alice.client.rooms.create({ encrypted: false, invite: [], direct: false }));
    expect(await safetyOf(alice, roomId)).toEqual(QUIET);
    await expect(alice.client.roomSafety.of(idOf("!none:example.org"))).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("the send queue", () => {
  test("sends nothing to who was verified and is not who they were, until a person has decided; then it goes on by itself, in order", async () => {
    const { alice, bob, roomId } = await pair();
    verify(alice, bob);
    alice.send(roomId, "hello");
    await bob.untilText(roomId, "hello");
    await resetIdentity(bob);
    await changed(alice, bob, { verified: false });
    const keysBefore = keyShares(alice);
    const kept = [alice.send(roomId, "one"), alice.send(roomId, "two")];
    const state = (id: string) => alice.timeline(roomId).find((item) => item.id === id)?.send;
    for (const id of kept) {
      await alice.until(() => state(id)?.state === "failed", "the refusal");
      expect(state(id)).toEqual({ state: "failed", error: "verified-identity-changed" });
    }
    // By hand it is tried again, to no other end.
    alice.client.sendQueue.retry(roomId, kept[0] ?? "");
    await alice.until(() => state(kept[0] ?? "")?.state === "failed", "the refusal");
    expect(keyShares(alice)).toBe(keysBefore);
    expect(sent(roomId)).toBe(1);
    alice.client.people.withdrawVerification(bob.userId);
    await bob.untilText(roomId, "two");
    expect(bob.texts(roomId)).toEqual(["hello", "one", "two"]);
  });

  test("nor where a verified person has a device that their identity does not vouch for, until it is shut out or signed", async () => {
    const { alice, bob, roomId } = await pair();
    verify(alice, bob);
    const stranger = await person("bob", bob);
    await knows(alice, bob, stranger.session.deviceId);
    const kept = alice.send(roomId, "for bob's eyes");
    const state = () => alice.timeline(roomId).find((item) => item.id === kept)?.send;
    await alice.until(() => state()?.state === "failed", "the refusal");
    expect(state()).toEqual({ state: "failed", error: "verified-user-unsigned-device" });
    alice.client.setBlacklisted(bob.userId, stranger.session.deviceId, true);
    await bob.untilText(roomId, "for bob's eyes");
    await stranger.until(
      () => stranger.timeline(roomId).some(({ content }) => content.kind === "undecryptable"),
      "the message it cannot read",
    );
    expect(stranger.texts(roomId)).toEqual([]);
    const second = await person("bob", bob);
    await knows(alice, bob, second.session.deviceId);
    alice.send(roomId, "once it is signed");
    await alice.until(() => alice.client.account.status().failedSends === 1, "the refusal");
    await knows(bob, bob, second.session.deviceId);
    await upload(bob, bob.machine.verifyOwnDevice(second.session.deviceId));
    await second.untilText(roomId, "once it is signed");
  });

  test("a device of our own that is not verified keeps nothing back; a changed person still does", async () => {
    const { alice, bob, roomId } = await pair();
    verify(alice, bob);
    const second = await person("alice", alice);
    await knows(alice, alice, second.session.deviceId);
    alice.send(roomId, "to both of us");
    await second.untilText(roomId, "to both of us");
    await resetIdentity(bob);
    await changed(alice, bob, { verified: false });
    alice.send(roomId, "not to a stranger");
    await alice.until(() => alice.client.account.status().failedSends === 1, "the refusal");
  });
});

describe("a message that is held back for an unsigned device", () => {
  test("is sent all the same when a person says so of it: that one alone, and to those devices alone", async () => {
    const { alice, bob, roomId } = await pair();
    verify(alice, bob);
    alice.send(roomId, "before");
    await bob.untilText(roomId, "before");
    const stranger = await person("bob", bob);
    await knows(alice, bob, stranger.session.deviceId);
    const [first, second] = [alice.send(roomId, "all the same"), alice.send(roomId, "not this one")];
    await failed(alice, roomId, first, UNSIGNED);
    await failed(alice, roomId, second, UNSIGNED);
    const [held] = (await safetyOf(alice, roomId)).unsignedDevices;
    expect(held).toEqual({ userId: bob.userId, deviceIds: [stranger.session.deviceId] });
    // Of another device nothing was said.
    alice.client.sendQueue.sendAnyway(roomId, first, named(alice, bob, bob.session.deviceId));
    await failed(alice, roomId, first, UNSIGNED);
    alice.client.sendQueue.sendAnyway(roomId, first, named(alice, bob, stranger.session.deviceId));
    await stranger.untilText(roomId, "all the same");
    await bob.untilText(roomId, "all the same");
    expect(itemOf(alice, roomId, second)?.send).toEqual({ state: "failed", error: UNSIGNED });
    await failed(alice, roomId, alice.send(roomId, "nor the next"), UNSIGNED);
    expect(stranger.texts(roomId)).toEqual(["all the same"]);
    // Shut out, it cannot read on with the key that it has.
    alice.client.setBlacklisted(bob.userId, stranger.session.deviceId, true);
    await bob.untilText(roomId, "nor the next");
    await stranger.until(() => unreadable(stranger, roomId) === 3, "the messages it cannot read");
    expect(bob.texts(roomId)).toEqual(["before", "all the same", "not this one", "nor the next"]);
  });

  test("and nothing is sent all the same to who has another identity", async () => {
    const { alice, bob, roomId } = await pair();
    verify(alice, bob);
    const stranger = await person("bob", bob);
    await knows(alice, bob, stranger.session.deviceId);
    const held = alice.send(roomId, "for the one whom I know");
    await failed(alice, roomId, held, UNSIGNED);
    await resetIdentity(bob);
    await changed(alice, bob, { verified: false });
    const all = named(alice, bob);
    alice.client.sendQueue.sendAnyway(roomId, held, all);
    await failed(alice, roomId, held, "verified-identity-changed");
    expect(() => alice.client.sendQueue.sendAnyway(roomId, held, all)).toThrow("conflict");
    expect(sent(roomId)).toBe(0);
  });
});

describe("where keys go to verified devices only", () => {
  test("who is not verified is told why, and reads on from when they are; it is kept, for one room or for all", async () => {
    const { alice, bob, roomId } = await pair();
    alice.send(roomId, "for everyone");
    await bob.untilText(roomId, "for everyone");
    alice.client.precautions.setOnlyVerified(roomId, true);
    expect((await safetyOf(alice, roomId)).onlyVerified).toEqual({ here: true, everywhere: false });
    alice.send(roomId, "for the verified");
    await bob.until(() => unreadable(bob, roomId, "m.unverified") === 1, "the notice");
    verify(alice, bob);
    alice.send(roomId, "now for bob too");
    await bob.untilText(roomId, "now for bob too");
    // A device that is not signed keeps nothing back here, and gets nothing.
    const stranger = await person("bob", bob);
    await knows(alice, bob, stranger.session.deviceId);
    expect(await safetyOf(alice, roomId)).toMatchObject({ unsignedDevices: [], leftOut: [{ userId: bob.userId, devices: "some" }] });
    alice.send(roomId, "past the stranger");
    await bob.untilText(roomId, "past the stranger");
    await stranger.until(() => unreadable(stranger, roomId, "m.unverified") > 0, "the notice");
    alice.client.precautions.setOnlyVerified(roomId, false);
    expect(alice.client.precautions.change({ onlyVerified: true })).toEqual({ onlyVerified: true, exchangeKeys: false });
    expect((await safetyOf(alice, roomId)).onlyVerified).toEqual({ here: false, everywhere: true });
    alice.send(roomId, "everywhere now");
    await bob.untilText(roomId, "everywhere now");
    expect(stranger.texts(roomId)).toEqual([]);
    expect(() => alice.client.precautions.setOnlyVerified(idOf("!none:example.org"), true)).toThrow("not-found");
  });

  test("what waited for a decision about a device goes out without it; a changed identity still keeps everything back", async () => {
    const { alice, bob, roomId } = await pair();
    verify(alice, bob);
    const stranger = await person("bob", bob);
    await knows(alice, bob, stranger.session.deviceId);
    await failed(alice, roomId, alice.send(roomId, "waiting"), UNSIGNED);
    alice.client.precautions.setOnlyVerified(roomId, true);
    await bob.untilText(roomId, "waiting");
    await stranger.until(() => unreadable(stranger, roomId, "m.unverified") === 1, "the notice");
    await resetIdentity(bob);
    await changed(alice, bob, { verified: false });
    await failed(alice, roomId, alice.send(roomId, "kept"), "verified-identity-changed");
  });
});

test("who replaces their own identity does not see others as changed, unless they are", async () => {
  const { alice, bob, roomId } = await pair();
  verify(alice, bob);
  const master = alice.machine.getIdentity(alice.userId)?.masterKey;
  expect(await alice.client.keeping.recovery.resetIdentity({ kind: "password", password: "secret of alice" })).toBeUndefined();
  expect(alice.machine.getIdentity(alice.userId)?.masterKey).not.toBe(master);
  expect(alice.machine.getIdentity(bob.userId)).toMatchObject({ verified: false, previouslyVerified: false });
  expect(await safetyOf(alice, roomId)).toMatchObject({ changed: [] });
  alice.send(roomId, "me again");
  await bob.untilText(roomId, "me again");
  verify(alice, bob);
  await resetIdentity(bob);
  await changed(alice, bob, { verified: false, pinViolation: true });
  await alice.client.keeping.recovery.resetIdentity({ kind: "password", password: "secret of alice" });
  expect((await safetyOf(alice, roomId)).changed).toEqual([{ userId: bob.userId, problem: "was-verified" }]);
});

/** Somebody new, or another device of `owner`, with whatever the account has for an identity. */
async function person(name: string, owner?: InProcessClient): Promise<InProcessClient> {
  const client = await (owner === undefined ? world.register(name) : world.logIn(owner.userId));
  client.startSyncing();
  const ready = () => {
    const { crossSigning, deviceKeysUploaded } = client.client.account.encryptionStatus();
    return owner === undefined ? crossSigning.thisDeviceSigned : deviceKeysUploaded;
  };
  await client.until(ready, "the identity");
  return client;
}

async function pair(): Promise<{ alice: InProcessClient; bob: InProcessClient; roomId: RoomId }> {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const roomId = idOf(await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false }));
  await bob.until(() => bob.client.summaries().some((room) => room.roomId === roomId), "the invite");
  await bob.client.rooms.join(roomId);
  await alice.until(() => alice.client.summaries()[0]?.memberCount === 2, "bob");
  await alice.until(() => alice.machine.getIdentity(bob.userId) !== undefined, "bob's identity");
  return { alice, bob, roomId };
}

/** As a verification ends. */
function verify(one: InProcessClient, other: InProcessClient): void {
  one.machine.verifyIdentity(other.userId);
  expect(one.machine.getIdentity(other.userId)?.verified).toBe(true);
}

const resetIdentity = (client: InProcessClient): Promise<void> => upload(client, client.machine.bootstrapCrossSigning({ reset: true }));

async function upload(client: InProcessClient, requests: ReturnType<InProcessClient["machine"]["verifyOwnDevice"]>): Promise<void> {
  const auth = { type: "m.login.password", identifier: { type: "m.id.user", user: client.userId }, password: "secret of bob" };
  for (const { id, method, path, body, kind } of requests) {
    const response = await fetch(`${world.server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${client.session.accessToken}` },
      body: JSON.stringify(kind === "signing_keys_upload" ? { ...body, auth } : body),
    });
    expect(response.status).toBe(200);
    client.machine.markRequestAsSent(id, await response.json());
  }
}

const knows = (client: InProcessClient, owner: InProcessClient, deviceId: string): Promise<unknown> =>
  client.until(() => client.machine.getDevice(owner.userId, deviceId) !== undefined, "the device");

const changed = (client: InProcessClient, other: InProcessClient, identity: object): Promise<unknown> =>
  client.until(() => {
    const now = client.machine.getIdentity(other.userId);
    return (
      now !== undefined &&
      Object.entries(identity).every(([key, value]) => Object.entries(now).some((entry) => entry[0] === key && entry[1] === value))
    );
  }, "the change");

const UNSIGNED = "verified-user-unsigned-device";

const itemOf = (client: InProcessClient, roomId: RoomId, itemId: string) => client.timeline(roomId).find(({ id }) => id === itemId);

/** One device of somebody, or all of them. */
const named = (client: InProcessClient, owner: InProcessClient, only?: string) =>
  client.machine
    .getUserDevices(owner.userId)
    .filter(({ deviceId }) => only === undefined || deviceId === only)
    .map(({ userId, deviceId }) => [userId, deviceId] as const);

const failed = (client: InProcessClient, roomId: RoomId, itemId: string, error: string): Promise<unknown> =>
  client.until(() => {
    const send = itemOf(client, roomId, itemId)?.send;
    return send?.state === "failed" && send.error === error;
  }, `the refusal: ${error}`);

const unreadable = (client: InProcessClient, roomId: RoomId, withheldCode?: string): number =>
  client
    .timeline(roomId)
    .filter(({ content }) => content.kind === "undecryptable" && (withheldCode === undefined || content.utd.withheldCode === withheldCode))
    .length;

const safetyOf = (client: InProcessClient, roomId: RoomId) => client.client.roomSafety.of(roomId);
const sent = (roomId: string): number => world.server.acceptedEvents(roomId).filter((event) => event.type === "m.room.encrypted").length;
const keyShares = (client: InProcessClient): number =>
  world.server.requests({ path: /\/sendToDevice\/m\.room\.encrypted\// }).filter((request) => request.userId === client.userId).length;

function idOf(text: string): RoomId {
  const parsed = parseRoomId(text);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

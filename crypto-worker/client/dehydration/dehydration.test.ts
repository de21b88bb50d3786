import { describe, expect, test } from "vitest";
import { parseDeviceId } from "../../../protocol/ids.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient, type InProcessOptions } from "../../../tests/support/in-process-client.ts";
import { must } from "../../../tests/support/megolm-world.ts";

const DAY = 24 * 60 * 60 * 1000;
const PASSWORD = "secret of alice";
const PATH = /\/dehydrated_device$/;

const world = useClientWorld();

const state = (client: InProcessClient): Safety["dehydration"] => client.client.keeping.safety.view().dehydration;
const recovery = (client: InProcessClient) => client.client.keeping.recovery;
const untilState = (client: InProcessClient, wanted: Safety["dehydration"]["state"]) =>
  client.until(() => state(client).state === wanted, `the dehydrated device to be ${wanted}`);
const requests = (method: string) => world.server.requests({ path: PATH }).filter((request) => request.method === method).length;

async function enabled(client: InProcessClient): Promise<string> {
  const outcome = await recovery(client).enable(null, { kind: "password", password: PASSWORD });
  if (!("recoveryKey" in outcome)) throw new Error("authentication was asked for");
  return outcome.recoveryKey;
}

async function logIn(userId: string, options: InProcessOptions = {}): Promise<InProcessClient> {
  const client = await world.logIn(userId, options);
  client.startSyncing();
  await client.until(
    () => client.client.keeping.safety.view().recovery.state !== "unknown" && client.client.summaries().length > 0,
    "the first sync",
  );
  return client;
}

/** Alice has recovery and a room with Bob, and has signed out everywhere. */
async function signedOut(texts: readonly string[]) {
  const alice = await world.person("alice");
  const bob = await world.person("bob");
  const recoveryKey = await enabled(alice);
  await untilState(alice, "on");
  const roomId = await bob.client.rooms.create({ encrypted: true, invite: [alice.userId], direct: false });
  await alice.until(() => alice.client.summaries().some((room) => room.roomId === roomId), "the invite");
  await alice.client.rooms.join(roomId);
  await bob.until(() => bob.machine.getUserDevices(alice.userId).length === 2, "both devices of Alice's");
  await alice.stopSyncing();
  world.server.removeDevice(alice.userId, alice.session.deviceId);
  await bob.until(() => bob.machine.getUserDevices(alice.userId).length === 1, "one device of Alice's");
  for (const text of texts) bob.send(roomId, text);
  await bob.untilSent();
  return { alice, bob, roomId, recoveryKey };
}

test("what was sent while nobody was signed in is read by the next device, which puts another in its place", async () => {
  const { alice, bob, roomId, recoveryKey } = await signedOut(["are you there?", "write when you are back"]);
  const [dehydrated] = bob.machine.getUserDevices(alice.userId);
  expect(dehydrated).toMatchObject({ dehydrated: true, crossSigned: true });
  const next = await logIn(alice.userId);
  await recovery(next).recover({ recoveryKey });
  await next.untilText(roomId, "are you there?");
  await next.untilText(roomId, "write when you are back");
  await untilState(next, "on");
  expect(state(next).received).toBeGreaterThan(0);
  await bob.until(() => {
    const ids = bob.machine.getUserDevices(alice.userId).map(({ deviceId }) => deviceId);
    return ids.length === 2 && !ids.some((id) => id === dehydrated?.deviceId);
  }, "the other device");
  // It is nobody's to look at, to verify, or to ask for secrets.
  expect((await next.client.people.devices(next.userId)).map(({ deviceId }) => deviceId)).toEqual([next.session.deviceId]);
  expect(next.client.keeping.safety.view()).toMatchObject({ otherVerifiedDevices: 0, unverifiedDevices: 0 });
});

test("reading goes on after the program ended in the middle", async () => {
  const { alice, roomId, recoveryKey } = await signedOut(["first", "second"]);
  const store = world.newStore();
  const next = await logIn(alice.userId, { store });
  world.server.faults.add({ kind: "lostResponse", path: /dehydrated_device\/.*\/events/, times: 100 });
  await recovery(next).recover({ recoveryKey });
  await untilState(next, "collecting");
  world.server.faults.clear();
  const again = await restarted(next);
  await again.untilText(roomId, "first");
  await again.untilText(roomId, "second");
  await untilState(again, "on");
});

test("one is made with recovery, stays over a restart, is replaced after a week, and goes with recovery", async () => {
  const alice = await world.person("alice");
  await untilState(alice, "off");
  await enabled(alice);
  await untilState(alice, "on");
  const first = alice.machine.dehydration.created()?.deviceId;
  expect(new Set(world.server.devices(alice.userId).map(({ deviceId }) => deviceId))).toEqual(new Set([alice.session.deviceId, first]));
  await alice.sync();
  expect(requests("PUT")).toBe(1);

  const { dehydration } = alice.store;
  const created = dehydration.created();
  if (created === undefined) throw new Error("none was made");
  alice.store.transaction(() => dehydration.saveCreated({ ...created, createdTs: created.createdTs - 8 * DAY }));
  alice.client.keeping.afterSync();
  await alice.until(() => requests("PUT") === 2, "another device");
  await alice.until(() => alice.machine.dehydration.created()?.deviceId !== first, "its note");
  await untilState(alice, "on");

  await recovery(alice).disable();
  expect(world.server.devices(alice.userId).map(({ deviceId }) => deviceId)).toEqual([alice.session.deviceId]);
  await untilState(alice, "off");
  expect(alice.machine.dehydration.pickleKey()).toBeUndefined();
});

test("a new identity takes the old one's device with it, and gets its own with recovery", async () => {
  const alice = await world.person("alice");
  await enabled(alice);
  await untilState(alice, "on");
  const first = alice.machine.dehydration.created()?.deviceId;
  await recovery(alice).resetIdentity({ kind: "password", password: PASSWORD });
  expect(world.server.devices(alice.userId)).toHaveLength(1);
  await enabled(alice);
  await untilState(alice, "on");
  expect(alice.machine.dehydration.created()?.deviceId).not.toBe(first);
});

test("a device that another one has verified waits for the recovery key: this secret is not given from device to device", async () => {
  const { alice, recoveryKey, roomId } = await signedOut(["kept for you"]);
  const next = await logIn(alice.userId);
  await next.until(() => next.machine.getIdentity(next.userId), "the identity");
  next.machine.importCrossSigningKeys(alice.machine.exportCrossSigningKeys());
  next.client.keeping.afterSync();
  await untilState(next, "locked");
  expect(requests("PUT")).toBe(1);
  await recovery(next).recover({ recoveryKey });
  await next.untilText(roomId, "kept for you");
  await untilState(next, "on");
});

describe("nothing is put on the server", () => {
  test("by who is not the one to do it: no recovery, or a server that does not know how", async () => {
    world.server.switches.dehydratedDevices = false;
    const alice = await world.person("alice");
    await enabled(alice);
    await untilState(alice, "unsupported");
    expect(alice.machine.dehydration.pickleKey()).toBeUndefined();
    expect(requests("PUT")).toBe(0);
  });

  test("where another program's device cannot be read: it may still be of use to that", async () => {
    const store = world.newStore();
    const alice = await world.person("alice", { store });
    await enabled(alice);
    await untilState(alice, "on");
    const deviceId = must(parseDeviceId("FOREIGN"));
    await foreignDevice(alice, deviceId, { algorithm: "org.matrix.msc3814.v9", device_pickle: "?" });
    const before = requests("PUT");
    const again = await restarted(alice);
    await untilState(again, "unreadable");
    expect(requests("PUT")).toBe(before);
  });

  test("with a key that is not that of secret storage any more", async () => {
    const store = world.newStore();
    const alice = await world.person("alice", { store });
    await enabled(alice);
    await untilState(alice, "on");
    await foreignDevice(alice, "FOREIGN", {
      algorithm: "org.matrix.msc3814.v1.olm",
      device_pickle: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    });
    const before = requests("PUT");
    const again = await restarted(alice);
    await untilState(again, "locked");
    expect(again.machine.dehydration.pickleKey()).toBeUndefined();
    expect(requests("PUT")).toBe(before);
  });
});

/** As another program of Alice's would put it there. */
async function foreignDevice(client: InProcessClient, deviceId: string, deviceData: Record<string, unknown>): Promise<void> {
  const response = await fetch(`${world.server.url}/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`, {
    method: "PUT",
    headers: { authorization: `Bearer ${client.session.accessToken}`, "content-type": "application/json" },
    body: JSON.stringify({ device_id: deviceId, device_data: deviceData, device_keys: { user_id: client.userId, device_id: deviceId } }),
  });
  expect(response.status).toBe(200);
}

/** A new run on the same store. */
async function restarted(client: InProcessClient): Promise<InProcessClient> {
  const again = await world.resume(client);
  again.startSyncing();
  return again;
}

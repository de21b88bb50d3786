import { expect, test, vi } from "vitest";
import { parseRoomId } from "../../protocol/ids.ts";
import { useClientWorld } from "../../tests/support/client-world.ts";
import type { InProcessClient } from "../../tests/support/in-process-client.ts";
import { watchLasting } from "../../tests/support/lasting.ts";

const PASSWORD = { kind: "password", password: "secret of alice" } as const;

const world = useClientWorld();

/** Somebody for whom nothing is left to be sent. */
async function settled(): Promise<InProcessClient> {
  const alice = await world.register("alice");
  for (let i = 0; i < 2; i++) await alice.sync();
  await expect.poll(() => alice.machine.outgoingRequests()).toEqual([]);
  return alice;
}

test("a sync is on the disk before the next one tells the server that it was received", async () => {
  const alice = await settled();
  const { since, body } = await alice.fetchSync();
  using lasting = vi.spyOn(alice.store, "requireDurability");
  alice.client.receiveSync(since, body);
  expect(lasting).toHaveBeenCalledOnce();
});

test("a message is on the disk before its composer is emptied", async () => {
  const alice = await world.person("alice");
  const roomId = await alice.client.rooms.create({ encrypted: true, invite: [], direct: false });
  using lasting = vi.spyOn(alice.store, "requireDurability");
  alice.send(roomId, "kept");
  expect(lasting).toHaveBeenCalled();
});

test("who may get keys is on the disk before anybody gets one", async () => {
  const alice = await world.person("alice");
  const room = parseRoomId(await alice.client.rooms.create({ encrypted: true, invite: [], direct: false }));
  if (!room.ok) throw new Error("not a room id");
  await alice.until(() => alice.store.rooms.load(room.value), "the room");
  await alice.stopSyncing();
  await expect.poll(() => alice.machine.outgoingRequests()).toEqual([]);
  using lasting = vi.spyOn(alice.store, "requireDurability");
  alice.client.precautions.setOnlyVerified(room.value, true);
  expect(lasting).toHaveBeenCalledOnce();
  alice.client.precautions.change({ onlyVerified: true });
  expect(lasting).toHaveBeenCalledTimes(2);
});

test("keys that the server is told of are on the disk before it is", async () => {
  const alice = await world.register("alice");
  const lasting = watchLasting(alice.store);
  alice.startSyncing();
  await alice.until(() => alice.client.account.encryptionStatus().crossSigning.thisDeviceSigned, "the identity");
  expect(lasting).toContain("identity-setup");
  expect(lasting).not.toContain("pending-backup");
  await alice.client.keeping.recovery.enable(null, PASSWORD);
  expect(lasting).toContain("pending-backup");
  await alice.until(() => lasting.has("dehydrated-device"), "the dehydrated device");
  expect(lasting).not.toContain("recovery-retiring");
  await alice.client.keeping.recovery.change("a phrase to remember");
  expect(lasting).toContain("recovery-retiring");
  expect(lasting).not.toContain("pending-identity");
  await alice.client.keeping.recovery.resetIdentity(PASSWORD);
  expect(lasting).toContain("pending-identity");
});

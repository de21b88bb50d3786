import { expect, test, vi } from "vitest";
import { useClientWorld } from "../../tests/support/client-world.ts";
import type { InProcessClient } from "../../tests/support/in-process-client.ts";

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

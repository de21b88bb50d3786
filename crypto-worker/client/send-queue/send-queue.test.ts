import { describe, expect, test, vi } from "vitest";
import { parseRoomId, type RoomId } from "../../../protocol/ids.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";

const world = useClientWorld();

describe("the send queue", () => {
  test("a lost response and a restart send the same bytes under the same transaction id, once", async () => {
    const { alice, bob, roomId, restart } = await pair();
    world.server.faults.add({ kind: "lostResponse", path: /\/send\/m\.room\.encrypted\//, userId: alice.userId, times: 1 });
    // Without a sync, which would bring the echo and end the matter.
    await alice.stopSyncing();
    alice.send(roomId, "only once");
    await expect.poll(() => sends(alice).length, { timeout: 10_000 }).toBe(1);
    const again = await restart();
    await again.untilSent();
    await bob.untilText(roomId, "only once");
    const attempts = sends(alice);
    expect(attempts.length).toBeGreaterThanOrEqual(2);
    expect(new Set(attempts.map((request) => request.path)).size).toBe(1);
    expect(new Set(attempts.map((request) => JSON.stringify(request.body))).size).toBe(1);
    expect(encrypted(roomId)).toHaveLength(1);
    await again.until(
      () =>
        again
          .timeline(roomId)
          .filter((item) => item.mine && item.send === null)
          .some((item) => item.id.startsWith("~")),
      "its echo",
    );
    expect(again.texts(roomId)).toEqual(["only once"]);
  });

  test("what was queued before a crash is sent after it, in order", async () => {
    const { alice, bob, roomId, restart } = await pair();
    alice.setReachable(false);
    for (const text of ["one", "two", "three"]) alice.send(roomId, text);
    const again = await restart();
    again.send(roomId, "four");
    await bob.untilText(roomId, "four");
    expect(bob.texts(roomId)).toEqual(["one", "two", "three", "four"]);
    expect(again.client.account.status()).toMatchObject({ pendingSends: 0, failedSends: 0 });
  });

  test("errors that pass are waited out, refusals are shown and can be retried or deleted", async () => {
    const { alice, bob, roomId } = await pair();
    const path = /\/send\/m\.room\.encrypted\//;
    world.server.faults.add({ kind: "status", status: 502, path, times: 1 });
    alice.send(roomId, "patient");
    await bob.untilText(roomId, "patient");
    world.server.faults.add({ kind: "status", status: 403, errcode: "M_FORBIDDEN", path, times: 2 });
    const refused = alice.send(roomId, "refused");
    const deleted = alice.send(roomId, "deleted");
    const failed = (id: string) => alice.timeline(roomId).find((item) => item.id === id)?.send;
    await alice.until(() => failed(refused)?.state === "failed" && failed(deleted)?.state === "failed", "the refusals");
    expect(failed(refused)).toEqual({ state: "failed", error: "forbidden" });
    expect(alice.client.summaries()).toMatchObject([{ failedSends: 2, pendingSends: 0 }]);
    alice.send(roomId, "not held up");
    await bob.untilText(roomId, "not held up");
    alice.client.sendQueue.cancel(roomId, deleted);
    alice.client.sendQueue.retry(roomId, refused);
    await bob.untilText(roomId, "refused");
    expect(bob.texts(roomId)).toEqual(["patient", "not held up", "refused"]);
    expect(alice.client.summaries()).toMatchObject([{ failedSends: 0 }]);
  });

  test("failures of one step after the other do not add up: each is waited out as a first one", async () => {
    const { alice, bob, roomId } = await pair();
    for (const path of [/\/keys\/claim$/, /\/sendToDevice\/m\.room\.encrypted\//, /\/send\/m\.room\.encrypted\//]) {
      world.server.faults.add({ kind: "status", status: 502, path, userId: alice.userId, times: 1 });
    }
    const timer = vi.spyOn(globalThis, "setTimeout");
    alice.send(roomId, "at the fourth attempt");
    await bob.untilText(roomId, "at the fourth attempt");
    const waits = timer.mock.calls.flatMap(([, ms]) => (ms !== undefined && ms > 700 && ms < 4500 ? [ms] : []));
    timer.mockRestore();
    expect(waits.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1250);
  });

  test("a refused edit shows on its message and can be taken back; a refused reaction is simply not there", async () => {
    const { alice, roomId } = await pair();
    alice.send(roomId, "original");
    const item = await alice.until(
      () => alice.timeline(roomId).find((own) => own.content.kind === "message" && own.send === null),
      "the echo",
    );
    world.server.faults.add({ kind: "status", status: 403, errcode: "M_FORBIDDEN", path: /\/send\/m\.room\.encrypted\//, times: 2 });
    alice.client.composer.edit(roomId, item.eventId ?? "", "edited");
    const now = () => alice.timeline(roomId).find((own) => own.id === item.id);
    await alice.until(() => now()?.send?.state === "failed", "the refusal");
    expect(now()?.content).toMatchObject({ body: "edited" });
    alice.client.sendQueue.cancel(roomId, item.id);
    expect(now()).toMatchObject({ content: { body: "original" }, send: null });
    alice.client.composer.react(roomId, item.eventId ?? "", "👍");
    expect(now()?.reactions).toMatchObject([{ key: "👍", count: 1 }]);
    await alice.until(() => now()?.reactions.length === 0, "the refusal of the reaction");
    expect(alice.client.account.status()).toMatchObject({ pendingSends: 0, failedSends: 0 });
  });

  test("a crash while keys are being shared loses neither the key nor the message", async () => {
    const { alice, bob, roomId, restart } = await pair();
    world.server.faults.add({ kind: "lostResponse", path: /\/sendToDevice\/m\.room\.encrypted\//, userId: alice.userId, times: 1 });
    alice.send(roomId, "after the key");
    await alice.until(
      () => world.server.requests({ path: /\/sendToDevice\// }).some((request) => request.userId === alice.userId),
      "the key",
    );
    const again = await restart();
    await again.untilSent();
    await bob.untilText(roomId, "after the key");
    expect(encrypted(roomId)).toHaveLength(1);
  });

  test("once a room is encrypted, what was written before goes into it encrypted", async () => {
    const alice = await world.person("alice");
    const created = await alice.client.rooms.create({ encrypted: false, invite: [], direct: false });
    const roomId = idOf(created);
    alice.setReachable(false);
    alice.send(roomId, "written in clear");
    await alice.stopSyncing();
    const other = await fetch(`${world.server.url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.encryption/`, {
      method: "PUT",
      headers: { authorization: `Bearer ${alice.session.accessToken}` },
      body: JSON.stringify({ algorithm: "m.megolm.v1.aes-sha2" }),
    });
    expect(other.ok).toBe(true);
    await alice.sync();
    alice.setReachable(true);
    await alice.untilSent();
    expect(world.server.acceptedEvents(roomId).filter((event) => event.type === "m.room.message")).toEqual([]);
    expect(encrypted(roomId)).toHaveLength(1);
  });

  test("a key that comes late turns the message readable in its place", async () => {
    const { alice, bob, roomId } = await pair();
    await bob.stopSyncing();
    alice.send(roomId, "late");
    await alice.untilSent();
    const { since, body } = await bob.fetchSync();
    const response = JSON.parse(body);
    const toDevice = response.to_device;
    delete response.to_device;
    bob.client.receiveSync(since, JSON.stringify(response));
    const waiting = bob.timeline(roomId).at(-1);
    expect(waiting?.content).toMatchObject({ kind: "undecryptable", utd: { code: "MissingMegolmSession", cause: "waiting" } });
    expect(bob.client.account.status().undecryptable).toBe(1);
    const upserts: string[] = [];
    const notified: string[] = [];
    bob.client.watchTimeline(roomId);
    bob.client.emitter.on("timelineChanged", (event) => upserts.push(...event.upserts.map((item) => item.id)));
    bob.client.emitter.on("notification", (event) => notified.push(event.preview));
    const next = bob.client.syncPosition.since;
    bob.client.receiveSync(
      next,
      JSON.stringify({ next_batch: `${next}x`, to_device: toDevice, device_one_time_keys_count: { signed_curve25519: 50 } }),
    );
    expect(bob.timeline(roomId).at(-1)).toMatchObject({ id: waiting?.id, content: { kind: "message", body: "late" } });
    expect(upserts).toContain(waiting?.id);
    expect(notified).toEqual(["late"]);
    expect(bob.client.account.status().undecryptable).toBe(0);
    expect(bob.client.search.find({ query: "late", limit: 5 })).toHaveLength(1);
  });
});

/** Alice, on disk, and Bob in one encrypted room; `restart` kills Alice's client and starts it again from her store. */
async function pair() {
  const alice = await world.person("alice", { store: world.newStore() });
  const bob = await world.person("bob");
  const roomId = idOf(await alice.client.rooms.create({ encrypted: true, invite: [bob.userId], direct: false }));
  await bob.until(() => bob.client.summaries().some((room) => room.roomId === roomId), "the invite");
  await bob.client.rooms.join(roomId);
  await alice.until(() => alice.client.summaries()[0]?.memberCount === 2, "bob");
  const restart = async () => {
    const again = await world.resume(alice);
    again.startSyncing();
    return again;
  };
  return { alice, bob, roomId, restart };
}

const sends = (client: InProcessClient) =>
  world.server.requests({ path: /\/send\/m\.room\.encrypted\// }).filter((request) => request.userId === client.userId);
const encrypted = (roomId: string) => world.server.acceptedEvents(roomId).filter((event) => event.type === "m.room.encrypted");

function idOf(text: string): RoomId {
  const parsed = parseRoomId(text);
  if (!parsed.ok) throw new Error("not a room id");
  return parsed.value;
}

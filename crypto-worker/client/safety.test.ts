import { beforeEach, expect, test, vi } from "vitest";
import type { Safety } from "../../protocol/messages/safety.ts";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";

const password = { kind: "password", password: "secret of alice" } as const;

const world = useClientWorld();
let alice: InProcessClient;

beforeEach(async () => {
  alice = await world.register("alice");
});

const keeping = (client: InProcessClient) => client.client.keeping;

test("nothing is claimed before the server was asked", () => {
  expect(keeping(alice).safety.view()).toMatchObject({
    identity: "unknown",
    thisDeviceVerified: false,
    recovery: { state: "unknown", missing: [] },
    backup: { state: "unknown", version: null },
    dehydration: { state: "unknown", received: 0 },
    incoming: [],
  });
});

test("every change is told once, and what is told is what is so", async () => {
  const told: Safety[] = [];
  alice.client.emitter.on("safetyChanged", (safety) => told.push(safety));
  alice.startSyncing();
  await keeping(alice).recovery.enable(null, password);
  await alice.until(() => told.at(-1)?.recovery.state === "enabled" && told.at(-1)?.backup.state === "enabled", "the word on it");
  // More may be on its way to being told.
  await vi.waitFor(() => expect(told.at(-1)).toEqual(keeping(alice).safety.view()));
  expect(new Set(told.map((safety) => JSON.stringify(safety))).size).toBe(told.length);
  expect(told.map(({ recovery }) => recovery.state)).toContain("disabled");
});

test("what signing out would cost", async () => {
  alice.startSyncing();
  await alice.until(() => keeping(alice).safety.view().thisDeviceVerified, "the identity");
  const roomId = await alice.client.rooms.create({ encrypted: true, invite: [], direct: false });
  await alice.until(() => alice.client.summaries().some((room) => room.roomId === roomId && room.encrypted), "the room");
  alice.send(roomId, "one");
  await alice.untilSent();
  expect(keeping(alice).safety.signOutRisk()).toEqual({ roomKeys: 1, notBackedUp: 1, losesIdentity: true, unsent: 0 });
  alice.setReachable(false);
  alice.send(roomId, "two");
  expect(keeping(alice).safety.signOutRisk()).toMatchObject({ unsent: 1 });
  alice.setReachable(true);
  await keeping(alice).recovery.enable(null, password);
  await alice.until(() => keeping(alice).safety.signOutRisk().notBackedUp === 0, "the upload");
  await alice.untilSent();
  expect(keeping(alice).safety.signOutRisk()).toEqual({ roomKeys: 1, notBackedUp: 0, losesIdentity: false, unsent: 0 });
});

test("other devices are signed out, and this one is not", async () => {
  alice.startSyncing();
  await alice.until(() => keeping(alice).safety.view().identity === "present", "the identity");
  const other = await world.logIn(alice.userId);
  other.startSyncing();
  const ids = [other.session.deviceId];
  await alice.until(() => keeping(alice).safety.view().unverifiedDevices === 1, "the other device");
  await expect(keeping(alice).signOutDevices([...ids, alice.session.deviceId], password)).rejects.toMatchObject({
    code: "invalid-request",
  });
  expect(await keeping(alice).signOutDevices(ids, { kind: "none" })).toMatchObject({ state: "auth-needed", password: true });
  expect(await keeping(alice).signOutDevices(ids, { kind: "password", password: "wrong" })).toMatchObject({ refused: true });
  expect(world.server.devices(alice.userId)).toHaveLength(2);
  expect(await keeping(alice).signOutDevices(ids, password)).toBeUndefined();
  expect(world.server.devices(alice.userId)).toHaveLength(1);
  await alice.until(() => keeping(alice).safety.view().unverifiedDevices === 0, "its end");
});

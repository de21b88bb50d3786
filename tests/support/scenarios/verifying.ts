import { expect } from "vitest";
import type { ForeignClient } from "../foreign-client.ts";
import type { ComparedCodes, ForeignVerification } from "../foreign-verification.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until } from "./party.ts";
import type { World } from "./world.ts";

/** A verification between Bulkhead and matrix-js-sdk, seen from both ends. */
export type Pair = { readonly flowId: string; readonly ours: Bulkhead; readonly theirs: ForeignVerification };
export type Asker = "Bulkhead" | "js-sdk";

/** What Bulkhead answers about the verification of its end. */
export type Outcome = { readonly flowId: string; readonly userId: string; readonly state: string; readonly cancelCode?: string };

/** Somebody with an identity of Bulkhead's making, and their new device on js-sdk. */
export async function ourIdentity(world: World): Promise<{ ours: Bulkhead; theirs: ForeignClient }> {
  const ours = await world.bulkhead(world.account("old"));
  await hasIdentity(ours);
  const theirs = await world.foreign(ours.account);
  await ours.knowsDevice(theirs.userId, theirs.deviceId);
  await theirs.knowsIdentity(ours.userId);
  return { ours, theirs };
}

/** Somebody with an identity of js-sdk's making, and their new device on Bulkhead. */
export async function theirIdentity(world: World): Promise<{ ours: Bulkhead; theirs: ForeignClient }> {
  const account = world.account("elder");
  const theirs = await world.foreign(account);
  await theirs.makeIdentity();
  const ours = await world.bulkhead(account, "login");
  await theirs.knowsDevice(ours.userId, ours.deviceId);
  await until("Bulkhead to know the other device's identity", async () =>
    (await identity(ours, ours.userId)) === null ? undefined : true,
  );
  return { ours, theirs };
}

/** Two people with an identity each, in an encrypted room. */
export async function twoPeople(world: World): Promise<{ ours: Bulkhead; theirs: ForeignClient; roomId: string }> {
  const ours = await world.bulkhead(world.account("vera"));
  const theirs = await world.foreign(world.account("felix"));
  await hasIdentity(ours);
  await theirs.makeIdentity();
  const roomId = await ours.createRoom({ invite: [theirs.userId] });
  await theirs.join(roomId);
  await ours.knows(roomId, theirs.userId, "join");
  await theirs.knows(roomId, ours.userId, "join");
  await theirs.knowsIdentity(ours.userId);
  return { ours, theirs, roomId };
}

/** One side asks the other's device, and the other accepts. */
export async function askDevice(asker: Asker, ours: Bulkhead, theirs: ForeignClient): Promise<Pair> {
  if (asker === "Bulkhead") {
    const { flowId } = await ours.call<{ flowId: string }>("requestVerification", { userId: theirs.userId, deviceId: theirs.deviceId });
    return theyAccept(flowId, ours, theirs);
  }
  return weAccept(await theirs.requestDevice(ours.userId, ours.deviceId), ours);
}

/** One side asks the other in their room, and the other accepts. */
export async function askUser(asker: Asker, ours: Bulkhead, theirs: ForeignClient, roomId: string): Promise<Pair> {
  if (asker === "Bulkhead") {
    const { flowId } = await ours.call<{ flowId: string }>("requestVerification", { userId: theirs.userId, roomId });
    return theyAccept(flowId, ours, theirs);
  }
  return weAccept(await theirs.requestUser(ours.userId, roomId), ours);
}

export async function theyAccept(flowId: string, ours: Bulkhead, theirs: ForeignClient): Promise<Pair> {
  const verification = await theirs.asked(flowId);
  await verification.accept();
  expect(await waitFor({ flowId, ours }, "ready")).toMatchObject({ flowId, userId: theirs.userId, state: "ready" });
  return { flowId, ours, theirs: verification };
}

export async function weAccept(verification: ForeignVerification, ours: Bulkhead): Promise<Pair> {
  const { flowId } = verification;
  // Without naming it, as a bot that waits to be asked.
  expect(await ours.call<Outcome>("waitForVerification", { state: "requested", timeoutMs: 30_000 })).toMatchObject({
    flowId,
    state: "requested",
  });
  await ours.call("acceptVerification", { flowId });
  await verification.reaches("Ready");
  return { flowId, ours, theirs: verification };
}

export function waitFor({ flowId, ours }: Pick<Pair, "flowId" | "ours">, state: string): Promise<Outcome> {
  return ours.call("waitForVerification", { flowId, state, timeoutMs: 30_000 });
}

/** Begins the comparison of emoji; both sides show the same. */
export async function compareSas(pair: Pair, starter: Asker): Promise<void> {
  const { flowId, ours, theirs } = pair;
  if (starter === "Bulkhead") await ours.call("startSas", { flowId });
  else await theirs.startSas();
  const [seen, shown] = await Promise.all([ours.call<ComparedCodes>("sasEmoji", { flowId }), theirs.codes()]);
  expect(seen.emoji).toHaveLength(7);
  expect(seen).toEqual(shown);
}

export async function confirmSas({ flowId, ours, theirs }: Pair): Promise<void> {
  await Promise.all([ours.call("confirmSas", { flowId }), theirs.confirm()]);
}

export async function isDone(pair: Pair): Promise<void> {
  expect(await waitFor(pair, "done")).toMatchObject({ flowId: pair.flowId, state: "done" });
  await pair.theirs.reaches("Done");
}

/** Both sides say that it was cancelled, and with which word. */
export async function isCancelled(pair: Pair, code: string): Promise<void> {
  expect(await waitFor(pair, "cancelled")).toMatchObject({ state: "cancelled", cancelCode: code });
  await pair.theirs.reaches("Cancelled");
  expect(pair.theirs.cancelCode).toBe(code);
}

export function identity(ours: Bulkhead, userId: string): Promise<{ verified: boolean } | null> {
  return ours.call("identity", { userId });
}

type DeviceState = { readonly deviceId: string; readonly verified: boolean; readonly crossSigned: boolean };

export async function device(ours: Bulkhead, userId: string, deviceId: string): Promise<DeviceState | undefined> {
  return (await ours.call<DeviceState[]>("devices", { userId })).find((known) => known.deviceId === deviceId);
}

/** Until a device is seen by its owner's Bulkhead to be signed by their identity. */
export async function isSigned(ours: Bulkhead, userId: string, deviceId: string): Promise<void> {
  await until(
    "the device to be signed by its owner's identity",
    async () => (await device(ours, userId, deviceId))?.crossSigned || undefined,
  );
}

async function hasIdentity(ours: Bulkhead): Promise<void> {
  await isSigned(ours, ours.userId, ours.deviceId);
}

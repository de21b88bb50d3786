import { expect } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { ForeignClient } from "../foreign-client.ts";
import { ForeignRecovery } from "../foreign-recovery.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";

/** A dehydrated device (MSC3814) takes room keys while its owner is signed in nowhere; whichever program made it, each can wake it up. */
export const dehydration: readonly Scenario[] = [
  {
    name: "who was signed out of every device reads with the recovery key what was written meanwhile, also after a kill in the middle",
    async play(world) {
      const [ours, bob] = await Promise.all([world.bulkhead(world.account("dora")), world.bob()]);
      const roomId = await roomOf(ours, bob);
      const { recoveryKey } = await ours.call<{ recoveryKey: string }>("enableRecovery", { password: ours.account.password });
      await isOn(ours);
      const first = await signOut(ours, bob);
      for (const text of ["dora?", "are you there?"]) await bob.send(roomId, text);

      const next = await world.bulkhead(ours.account, "login");
      await next.call("recover", { recoveryKey });
      await next.restart("kill");
      for (const text of ["dora?", "are you there?"]) await next.read(roomId, text);
      await isOn(next);
      await isBackedUp(next);
      // And once more, by the device that has taken the place of the first one.
      await signOut(next, bob, first);
      await bob.send(roomId, "gone again?");
      const last = await world.bulkhead(ours.account, "login");
      await last.call("recover", { recoveryKey });
      await last.read(roomId, "gone again?");
      await last.read(roomId, "dora?");
    },
  },
  {
    name: "a dehydrated device that Bulkhead has left is woken up by js-sdk",
    async play(world) {
      const [ours, bob] = await Promise.all([world.bulkhead(world.account("dana")), world.bob()]);
      const roomId = await roomOf(ours, bob);
      const { recoveryKey } = await ours.call<{ recoveryKey: string }>("enableRecovery", { password: ours.account.password });
      await isOn(ours);
      await signOut(ours, bob);
      await bob.send(roomId, "while dana was away");

      const theirs = await world.foreign(ours.account);
      await new ForeignRecovery(theirs).open({ recoveryKey });
      await dehydrate(theirs);
      await theirs.read(roomId, "while dana was away");
    },
  },
  {
    name: "a dehydrated device that js-sdk has left is woken up by Bulkhead",
    async play(world) {
      const account = world.account("dirk");
      const [theirs, bob] = await Promise.all([world.foreign(account), world.bob()]);
      const recoveryKey = await new ForeignRecovery(theirs).setUp();
      const roomId = await roomOf(theirs, bob);
      await dehydrate(theirs);
      await knowsDehydrated(bob, theirs.userId);
      await theirs.client.logout(true);
      await bob.sees("the device gone", async () => (await devicesOf(bob, theirs.userId)).length === 1);
      await bob.send(roomId, "while dirk was away");

      const ours = await world.bulkhead(account, "login");
      await ours.call("recover", { recoveryKey });
      await ours.read(roomId, "while dirk was away");
      await isOn(ours);
    },
  },
];

async function roomOf(owner: Bulkhead | ForeignClient, bob: ForeignClient): Promise<string> {
  const roomId = await owner.createRoom({ invite: [bob.userId] });
  await bob.join(roomId);
  await owner.knows(roomId, bob.userId, "join");
  await bob.knowsDevice(owner.userId, owner.deviceId);
  return roomId;
}

/** Once Bob knows of the device that stays behind; another one than `before`. Answers with its id. */
async function signOut(ours: Bulkhead, bob: ForeignClient, before?: string): Promise<string> {
  const staying = await knowsDehydrated(bob, ours.userId, before);
  await ours.call("logout");
  await ours.end("stop");
  await bob.sees("the device gone", async () => (await devicesOf(bob, ours.userId)).length === 1);
  return staying;
}

async function isOn(ours: Bulkhead): Promise<void> {
  await until("the dehydrated device to be there", async () => {
    const { dehydration: view } = await ours.call<Pick<Safety, "dehydration">>("safety");
    return view.state === "on" || undefined;
  });
}

async function isBackedUp(ours: Bulkhead): Promise<void> {
  await until("the backup to be complete", async () => {
    const { total, backedUp } = await ours.call<{ total: number; backedUp: number }>("backupStatus");
    return total === backedUp || undefined;
  });
}

async function devicesOf(viewer: ForeignClient, userId: string): Promise<{ deviceId: string; dehydrated: boolean }[]> {
  const devices = await viewer.client.getCrypto()?.getUserDeviceInfo([userId], true);
  return [...(devices?.get(userId)?.values() ?? [])];
}

function knowsDehydrated(viewer: ForeignClient, userId: string, before?: string): Promise<string> {
  return until("the dehydrated device to be known to Bob", async () => {
    const devices = await devicesOf(viewer, userId);
    return devices.find(({ dehydrated, deviceId }) => dehydrated && deviceId !== before)?.deviceId;
  });
}

/** As Element does after its recovery key was entered or made. */
async function dehydrate(theirs: ForeignClient): Promise<void> {
  const crypto = theirs.client.getCrypto();
  expect(await crypto?.isDehydrationSupported()).toBe(true);
  await crypto?.startDehydration({ rehydrate: true });
}

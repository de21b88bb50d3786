import { expect } from "vitest";
import { ForeignRecovery } from "../foreign-recovery.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import { askDevice, compareSas, confirmSas, isDone } from "./verifying.ts";

type BackupStatus = { readonly version: string | null; readonly enabled: boolean; readonly total: number; readonly backedUp: number };

export const backups: readonly Scenario[] = [
  {
    name: "a device that was verified gets the backup's key from js-sdk, and with it the history",
    async play(world) {
      const account = world.account("gina");
      const theirs = await world.foreign(account);
      const foreign = new ForeignRecovery(theirs);
      await foreign.setUp();
      const roomId = await theirs.createRoom({ invite: [] });
      await theirs.send(roomId, "older than the device");
      await foreign.hasBackedUp(1);
      const ours = await world.bulkhead(account, "login");
      await theirs.knowsDevice(ours.userId, ours.deviceId);
      expect(await status(ours)).toMatchObject({ version: "1", enabled: false, trusted: false });

      const pair = await askDevice("Bulkhead", ours, theirs);
      await compareSas(pair, "Bulkhead");
      await confirmSas(pair);
      await isDone(pair);
      await ours.read(roomId, "older than the device");
      await complete(ours, 1);
      expect(await ours.call("safety")).toMatchObject({
        thisDeviceVerified: true,
        privateKeys: { master: true, selfSigning: true, userSigning: true },
        recovery: { state: "enabled", missing: [] },
      });
    },
  },
  {
    name: "a device of js-sdk that was verified gets the backup's key from Bulkhead, and with it the history",
    async play(world) {
      const ours = await world.bulkhead(world.account("gustav"));
      await ours.call("enableRecovery", { password: ours.account.password });
      const roomId = await ours.createRoom({ invite: [] });
      await ours.send(roomId, "older than the device");
      await complete(ours, 1);
      const theirs = await world.foreign(ours.account);
      await ours.knowsDevice(theirs.userId, theirs.deviceId);
      await theirs.knowsIdentity(ours.userId);

      const pair = await askDevice("js-sdk", ours, theirs);
      await compareSas(pair, "js-sdk");
      await confirmSas(pair);
      await isDone(pair);
      await theirs.read(roomId, "older than the device");
      const foreign = new ForeignRecovery(theirs);
      await until("js-sdk to use the backup", async () => ((await foreign.backupVersion()) === "1" ? true : undefined));
    },
  },
  {
    name: "two devices of one user follow each other from backup to backup",
    async play(world) {
      const ours = await world.bulkhead(world.account("hugo"));
      const { recoveryKey } = await ours.call<{ recoveryKey: string }>("enableRecovery", { password: ours.account.password });
      const roomId = await ours.createRoom({ invite: [] });
      await ours.send(roomId, "one");
      await complete(ours, 1);
      const theirs = await world.foreign(ours.account);
      const foreign = new ForeignRecovery(theirs);
      expect(await foreign.open({ recoveryKey })).toBe(1);
      // As Element does where the user turns key storage off and on again.
      await theirs.client.getCrypto()?.resetKeyBackup();
      await until("Bulkhead to use the new backup", async () => ((await status(ours)).version === "2" ? true : undefined));
      await complete(ours, 1);
      await foreign.hasBackedUp(1);
      // The key that reads it comes from the device that made it.
      await until("Bulkhead to have all secrets", async () => {
        const { recovery } = await ours.call<{ recovery: { state: string } }>("safety");
        return recovery.state === "enabled" || undefined;
      });
      await ours.restart("kill");
      await ours.send(roomId, "two");
      await theirs.read(roomId, "two");
      expect(await status(ours)).toMatchObject({ version: "2", enabled: true });
      const third = await world.bulkhead(ours.account, "login");
      await third.call("recover", { recoveryKey });
      await third.read(roomId, "one");
    },
  },
];

const status = (ours: Bulkhead): Promise<BackupStatus> => ours.call("backupStatus");

async function complete(ours: Bulkhead, atLeast: number): Promise<void> {
  await until("all keys to be in the backup", async () => {
    const { total, backedUp } = await status(ours);
    return (total >= atLeast && total === backedUp) || undefined;
  });
}

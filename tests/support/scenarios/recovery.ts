import { expect } from "vitest";
import { ForeignRecovery } from "../foreign-recovery.ts";
import type { Bulkhead } from "./bulkhead.ts";
import type { Scenario } from "./scenario.ts";
import { device, isSigned } from "./verifying.ts";

const PHRASE = "a phrase to remember";

/** Everything that a lost device had is there again for who has the recovery key or the passphrase, whichever program made it. */
export const recoveries: readonly Scenario[] = [
  {
    name: "recovery that js-sdk set up is opened by Bulkhead, with the key and with the passphrase",
    async play(world) {
      const account = world.account("rita");
      const theirs = await world.foreign(account);
      const foreign = new ForeignRecovery(theirs);
      const recoveryKey = await foreign.setUp(PHRASE);
      const roomId = await theirs.createRoom({ invite: [] });
      await theirs.send(roomId, "written before Bulkhead came");
      await foreign.hasBackedUp(1);

      const first = await world.bulkhead(account, "login");
      await expect(first.call("recover", { recoveryKey: recoveryKey.replace(/\S{4}$/, "aaaa") })).rejects.toMatchObject({
        code: "wrong-recovery-key",
      });
      await expect(first.call("recover", { passphrase: "another phrase" })).rejects.toMatchObject({ code: "wrong-recovery-key" });
      expect(await recover(first, { recoveryKey })).toBe(1);
      await first.read(roomId, "written before Bulkhead came");
      expect(await first.call("backupStatus")).toEqual({ version: "1", enabled: true, trusted: true, total: 1, backedUp: 1 });
      await theirs.sees("the device to be signed", () => theirs.trusts(first.userId, first.deviceId));

      const second = await world.bulkhead(account, "login");
      expect(await recover(second, { passphrase: PHRASE })).toBe(1);
      await second.read(roomId, "written before Bulkhead came");
      await isSigned(first, second.userId, second.deviceId);
      // Both go on with the same backup.
      await first.send(roomId, "written by Bulkhead");
      await foreign.hasBackedUp(2);
    },
  },
  {
    name: "recovery that Bulkhead set up is opened by js-sdk, with the key and with the passphrase",
    async play(world) {
      const ours = await world.bulkhead(world.account("otto"));
      await ours.call("bootstrapCrossSigning", { password: ours.account.password });
      const roomId = await ours.createRoom({ invite: [] });
      await ours.send(roomId, "written before js-sdk came");
      const recoveryKey = await enable(ours, PHRASE);
      expect(await ours.call("backupStatus")).toEqual({ version: "1", enabled: true, trusted: true, total: 1, backedUp: 1 });

      for (const secret of [{ recoveryKey }, { passphrase: PHRASE }]) {
        const theirs = await world.foreign(ours.account);
        const foreign = new ForeignRecovery(theirs);
        expect(await foreign.open(secret)).toBe(1);
        await theirs.read(roomId, "written before js-sdk came");
        expect(await foreign.isComplete()).toBe(true);
        expect(await foreign.backupVersion()).toBe("1");
        await isSigned(ours, theirs.userId, theirs.deviceId);
        expect(await theirs.trusts(ours.userId, ours.deviceId)).toBe(true);
      }
    },
  },
  {
    name: "a new device gets everything by the recovery key after the old one is gone, also where it is killed in the middle",
    async play(world) {
      const ada = await world.ada();
      const ours = await world.bulkhead(world.account("nora"));
      const roomId = await ours.createRoom({ invite: [ada.userId] });
      await ada.join(roomId);
      await ours.knows(roomId, ada.userId, "join");
      await ours.send(roomId, "from nora");
      await ada.send(roomId, "from ada");
      await ours.read(roomId, "from ada");
      const recoveryKey = await enable(ours);
      await ours.end("kill");

      const next = await world.bulkhead(ours.account, "login");
      const interrupted = next.call("recover", { recoveryKey });
      await Promise.race([interrupted, new Promise((resolve) => setTimeout(resolve, 150))]);
      await Promise.all([next.restart("kill"), interrupted.catch(() => undefined)]);
      await recover(next, { recoveryKey });
      await next.read(roomId, "from nora");
      await next.read(roomId, "from ada");
      expect(await device(next, next.userId, next.deviceId)).toMatchObject({ verified: true, crossSigned: true });
      expect(await next.call("safety")).toMatchObject({ recovery: { state: "enabled", missing: [] } });
      await ada.knowsDevice(next.userId, next.deviceId);
      await ada.send(roomId, "welcome back");
      await next.read(roomId, "welcome back");
    },
  },
  {
    name: "another recovery key takes the place of the old one, for js-sdk too",
    async play(world) {
      const ours = await world.bulkhead(world.account("cara"));
      const old = await enable(ours);
      const { recoveryKey } = await ours.call<{ recoveryKey: string }>("changeRecovery");
      const theirs = await world.foreign(ours.account);
      const foreign = new ForeignRecovery(theirs);
      await expect(foreign.open({ recoveryKey: old })).rejects.toThrow();
      await foreign.open({ recoveryKey });
      expect(await foreign.isComplete()).toBe(true);
      await ours.call("disableRecovery");
      expect(await ours.call("safety")).toMatchObject({ recovery: { state: "disabled" }, backup: { state: "none" } });
      await theirs.sees("no secret storage", async () => (await theirs.client.secretStorage.getDefaultKeyId()) === null);
    },
  },
];

async function enable(ours: Bulkhead, passphrase?: string): Promise<string> {
  const phrase = passphrase === undefined ? {} : { passphrase };
  const { recoveryKey } = await ours.call<{ recoveryKey: string }>("enableRecovery", { password: ours.account.password, ...phrase });
  return recoveryKey;
}

async function recover(ours: Bulkhead, secret: Readonly<Record<string, string>>): Promise<number> {
  return (await ours.call<{ importedKeys: number }>("recover", secret)).importedKeys;
}

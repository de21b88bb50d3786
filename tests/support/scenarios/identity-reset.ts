import { expect } from "vitest";
import type { ForeignClient } from "../foreign-client.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import { askUser, compareSas, confirmSas, device, isDone, isSigned, twoPeople } from "./verifying.ts";

export const identityResets: readonly Scenario[] = [
  {
    name: "an identity that Bulkhead replaces is seen by js-sdk as a change, and can be verified again",
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      await verify(ours, theirs, roomId);
      await expect(ours.call("resetIdentity", { password: "not this one" })).rejects.toMatchObject({ code: "wrong-credentials" });
      expect(await theirs.hasVerified(ours.userId)).toBe(true);
      await ours.call("resetIdentity", { password: ours.account.password });
      expect(await device(ours, ours.userId, ours.deviceId)).toMatchObject({ verified: true, crossSigned: true });
      await until("js-sdk to see the change", async () => {
        const status = await theirs.client.getCrypto()?.getUserVerificationStatus(ours.userId);
        return (status?.needsUserApproval === true && !status.isCrossSigningVerified()) || undefined;
      });
      await theirs.client.getCrypto()?.withdrawVerificationRequirement(ours.userId);
      await ours.send(roomId, "it is still me");
      await theirs.read(roomId, "it is still me");
      await verify(ours, theirs, roomId);
    },
  },
  {
    name: "a reset on one device leaves the others without an identity until they are verified again",
    async play(world) {
      const ours = await world.bulkhead(world.account("rosa"));
      const { recoveryKey } = await ours.call<{ recoveryKey: string }>("enableRecovery", { password: ours.account.password });
      const other = await world.bulkhead(ours.account, "login");
      await other.call("recover", { recoveryKey });
      await isSigned(ours, other.userId, other.deviceId);
      await ours.call("bootstrapCrossSigning", { password: ours.account.password, reset: true });
      await until("the other device to lose the identity", async () => {
        const safety = await other.call<{ thisDeviceVerified: boolean; privateKeys: { master: boolean }; recovery: { state: string } }>(
          "safety",
        );
        return (!safety.thisDeviceVerified && !safety.privateKeys.master && safety.recovery.state === "disabled") || undefined;
      });
      await expect(other.call("recover", { recoveryKey })).rejects.toMatchObject({ code: "recovery-disabled" });
      const next = await ours.call<{ recoveryKey: string }>("enableRecovery", { password: ours.account.password });
      await other.call("recover", { recoveryKey: next.recoveryKey });
      await isSigned(ours, other.userId, other.deviceId);
      await ours.call("signOutDevices", { deviceIds: [other.deviceId], password: ours.account.password });
      await until("the other device to be gone", async () =>
        (await device(ours, other.userId, other.deviceId)) === undefined ? true : undefined,
      );
    },
  },
];

async function verify(ours: Bulkhead, theirs: ForeignClient, roomId: string): Promise<void> {
  const pair = await askUser("Bulkhead", ours, theirs, roomId);
  await compareSas(pair, "js-sdk");
  await confirmSas(pair);
  await isDone(pair);
  await theirs.sees("the identity as verified", () => theirs.hasVerified(ours.userId));
}

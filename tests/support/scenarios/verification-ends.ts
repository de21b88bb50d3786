import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";
import {
  askDevice,
  askUser,
  compareSas,
  device,
  identity,
  isCancelled,
  ourIdentity,
  theirIdentity,
  twoPeople,
  waitFor,
} from "./verifying.ts";

/** Verifications that come to nothing: both sides know why, and nothing is signed. */
export const endedVerifications: readonly Scenario[] = [
  {
    name: "emoji that differ end a verification on both sides, whoever says so",
    async play(world) {
      const { ours, theirs } = await ourIdentity(world);
      const first = await askDevice("Bulkhead", ours, theirs);
      await compareSas(first, "Bulkhead");
      await ours.call("mismatchSas", { flowId: first.flowId });
      await isCancelled(first, "m.mismatched_sas");
      const second = await askDevice("js-sdk", ours, theirs);
      await compareSas(second, "Bulkhead");
      // One of them had already said yes.
      await ours.call("confirmSas", { flowId: second.flowId });
      second.theirs.mismatch();
      await isCancelled(second, "m.mismatched_sas");
      expect(await device(ours, theirs.userId, theirs.deviceId)).toMatchObject({ verified: false, crossSigned: false });
      expect(await theirs.hasVerified(ours.userId)).toBe(false);
    },
  },
  {
    name: "a verification of a person is cancelled at every step, by either side, and then done after all",
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      const { flowId } = await ours.call<{ flowId: string }>("requestVerification", { userId: theirs.userId, roomId });
      const refused = await theirs.asked(flowId);
      await refused.cancel();
      await isCancelled({ flowId, ours, theirs: refused }, "m.user");
      await expect(ours.call("startSas", { flowId })).rejects.toMatchObject({ code: "verification-gone" });

      const ready = await askUser("js-sdk", ours, theirs, roomId);
      await ours.call("cancelVerification", { flowId: ready.flowId });
      await isCancelled(ready, "m.user");

      const compared = await askUser("Bulkhead", ours, theirs, roomId);
      await compareSas(compared, "js-sdk");
      await compared.theirs.cancel();
      await isCancelled(compared, "m.user");
      expect(await identity(ours, theirs.userId)).toMatchObject({ verified: false });
      expect(await theirs.hasVerified(ours.userId)).toBe(false);

      const last = await askUser("js-sdk", ours, theirs, roomId);
      await compareSas(last, "js-sdk");
      await Promise.all([ours.call("confirmSas", { flowId: last.flowId }), last.theirs.confirm()]);
      expect(await waitFor(last, "done")).toMatchObject({ state: "done" });
      expect(await identity(ours, theirs.userId)).toMatchObject({ verified: true });
    },
  },
  {
    name: "a verification in whose middle Bulkhead is killed verifies nobody, and the next one works",
    async play(world) {
      const { ours, theirs } = await theirIdentity(world);
      const pair = await askDevice("js-sdk", ours, theirs);
      await compareSas(pair, "js-sdk");
      await pair.theirs.confirm();
      await ours.restart("kill");
      await expect(ours.call("waitForVerification", { flowId: pair.flowId, state: "requested", timeoutMs: 2000 })).rejects.toMatchObject({
        code: "timeout",
      });
      expect(await identity(ours, ours.userId)).toMatchObject({ verified: false });
      expect(await device(ours, ours.userId, ours.deviceId)).toMatchObject({ crossSigned: false });
      expect(pair.theirs.phase).toBe("Started");
      await pair.theirs.cancel();
      await pair.theirs.reaches("Cancelled");
      expect(await theirs.trusts(ours.userId, ours.deviceId)).toBe(false);

      const next = await askDevice("Bulkhead", ours, theirs);
      await compareSas(next, "Bulkhead");
      await Promise.all([ours.call("confirmSas", { flowId: next.flowId }), next.theirs.confirm()]);
      expect(await waitFor(next, "done")).toMatchObject({ state: "done" });
      // What was verified is on disk, and what it signed reaches the server in the next life if not in this one.
      await ours.restart("kill");
      expect(await identity(ours, ours.userId)).toMatchObject({ verified: true });
      await theirs.sees("Bulkhead's device signed", () => theirs.trusts(ours.userId, ours.deviceId));
    },
  },
];

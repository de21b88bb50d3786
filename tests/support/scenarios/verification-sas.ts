import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";
import {
  askDevice,
  askUser,
  compareSas,
  confirmSas,
  device,
  identity,
  isDone,
  isSigned,
  ourIdentity,
  theirIdentity,
  theyAccept,
  twoPeople,
} from "./verifying.ts";

export const sasVerifications: readonly Scenario[] = [
  {
    name: "a new device on js-sdk is verified with emoji by the device that has the identity",
    async play(world) {
      const { ours, theirs } = await ourIdentity(world);
      expect(await device(ours, theirs.userId, theirs.deviceId)).toMatchObject({ verified: false, crossSigned: false });
      expect(await theirs.hasVerified(ours.userId)).toBe(false);
      const pair = await askDevice("Bulkhead", ours, theirs);
      await compareSas(pair, "js-sdk");
      await confirmSas(pair);
      await isDone(pair);
      expect(await device(ours, theirs.userId, theirs.deviceId)).toMatchObject({ verified: true, crossSigned: true });
      await theirs.sees("its identity verified", () => theirs.hasVerified(ours.userId));
      await theirs.sees(
        "both devices signed",
        () => theirs.trusts(ours.userId, ours.deviceId),
        () => theirs.trusts(theirs.userId, theirs.deviceId),
      );
      // Once more with the roles changed: what is verified can be verified again.
      const again = await askDevice("js-sdk", ours, theirs);
      await compareSas(again, "Bulkhead");
      await confirmSas(again);
      await isDone(again);
    },
  },
  {
    name: "a new device on Bulkhead asks all others, and is verified with emoji by js-sdk, which has the identity",
    async play(world) {
      const { ours, theirs } = await theirIdentity(world);
      expect(await identity(ours, ours.userId)).toMatchObject({ verified: false });
      const { flowId } = await ours.call<{ flowId: string }>("requestVerification", { userId: ours.userId });
      const pair = await theyAccept(flowId, ours, theirs);
      await compareSas(pair, "Bulkhead");
      await confirmSas(pair);
      await isDone(pair);
      expect(await identity(ours, ours.userId)).toMatchObject({ verified: true });
      expect(await device(ours, theirs.userId, theirs.deviceId)).toMatchObject({ verified: true, crossSigned: true });
      await isSigned(ours, ours.userId, ours.deviceId);
      await theirs.sees("Bulkhead's device signed", () => theirs.trusts(ours.userId, ours.deviceId));
      const again = await askDevice("js-sdk", ours, theirs);
      await compareSas(again, "js-sdk");
      await confirmSas(again);
      await isDone(again);
    },
  },
  ...(["Bulkhead", "js-sdk"] as const).map((asker): Scenario => ({
    name: `two people verify each other with emoji in their room; ${asker} asks`,
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      const pair = await askUser(asker, ours, theirs, roomId);
      expect(pair.flowId).toMatch(/^\$/);
      await compareSas(pair, asker === "Bulkhead" ? "js-sdk" : "Bulkhead");
      await confirmSas(pair);
      await isDone(pair);
      expect(await identity(ours, theirs.userId)).toMatchObject({ verified: true });
      await theirs.sees("Bulkhead's user verified", () => theirs.hasVerified(ours.userId));
      // It shows nowhere as a message, and the conversation goes on.
      await theirs.send(roomId, "verified, then");
      await ours.read(roomId, "verified, then");
      expect((await ours.timeline(roomId, 20)).map(({ body }) => body)).toEqual(["verified, then"]);
      await ours.send(roomId, "indeed");
      await theirs.read(roomId, "indeed");
    },
  })),
];

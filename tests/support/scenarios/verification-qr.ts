import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";
import { askDevice, askUser, device, identity, isDone, isSigned, ourIdentity, theirIdentity, twoPeople, type Pair } from "./verifying.ts";

/** The three modes of a code (E2EE §QR code format), shown by either program. */
export const qrVerifications: readonly Scenario[] = [
  {
    name: "a code of the device that has the identity is scanned by a new one: Bulkhead shows, js-sdk scans; then the other way around",
    async play(world) {
      const { ours, theirs } = await ourIdentity(world);
      const shown = await askDevice("js-sdk", ours, theirs);
      await weShow(shown);
      await isDone(shown);
      expect(await device(ours, theirs.userId, theirs.deviceId)).toMatchObject({ verified: true, crossSigned: true });
      await theirs.sees("its identity verified", () => theirs.hasVerified(ours.userId));
      await theirs.sees("its device signed", () => theirs.trusts(theirs.userId, theirs.deviceId));
      // By now both trust the identity.
      const scanned = await askDevice("Bulkhead", ours, theirs);
      await theyShow(scanned);
      await isDone(scanned);
    },
  },
  {
    name: "a code of a new js-sdk device, which does not trust the identity yet, is scanned by Bulkhead",
    async play(world) {
      const { ours, theirs } = await ourIdentity(world);
      const pair = await askDevice("Bulkhead", ours, theirs);
      await theyShow(pair);
      await isDone(pair);
      expect(await device(ours, theirs.userId, theirs.deviceId)).toMatchObject({ verified: true, crossSigned: true });
      await theirs.sees("its identity verified", () => theirs.hasVerified(ours.userId));
      await theirs.sees("its device signed", () => theirs.trusts(theirs.userId, theirs.deviceId));
    },
  },
  {
    name: "a code of a new Bulkhead device, which does not trust the identity yet, is scanned by js-sdk",
    async play(world) {
      const { ours, theirs } = await theirIdentity(world);
      const pair = await askDevice("Bulkhead", ours, theirs);
      await weShow(pair);
      await isDone(pair);
      expect(await identity(ours, ours.userId)).toMatchObject({ verified: true });
      await isSigned(ours, ours.userId, ours.deviceId);
    },
  },
  {
    name: "a code of the js-sdk device that has the identity is scanned by a new Bulkhead device",
    async play(world) {
      const { ours, theirs } = await theirIdentity(world);
      const pair = await askDevice("js-sdk", ours, theirs);
      await theyShow(pair);
      await isDone(pair);
      expect(await identity(ours, ours.userId)).toMatchObject({ verified: true });
      await isSigned(ours, ours.userId, ours.deviceId);
    },
  },
  ...(["Bulkhead", "js-sdk"] as const).map((shower): Scenario => ({
    name: `two people verify each other by a code that ${shower} shows`,
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      const pair = await askUser(shower, ours, theirs, roomId);
      await (shower === "Bulkhead" ? weShow(pair) : theyShow(pair));
      await isDone(pair);
      expect(await identity(ours, theirs.userId)).toMatchObject({ verified: true });
      await theirs.sees("Bulkhead's user verified", () => theirs.hasVerified(ours.userId));
    },
  })),
];

async function weShow({ flowId, ours, theirs }: Pair): Promise<void> {
  const { dataBase64 } = await ours.call<{ dataBase64: string }>("showQr", { flowId });
  await theirs.scanQr(dataBase64);
  await ours.call("confirmQrScanned", { flowId });
}

async function theyShow({ flowId, ours, theirs }: Pair): Promise<void> {
  const dataBase64 = await theirs.showQr();
  await ours.call("scanQr", { flowId, dataBase64 });
  await theirs.confirmScanned();
}

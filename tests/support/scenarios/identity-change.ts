import { MatrixError } from "matrix-js-sdk";
import { expect } from "vitest";
import type { ForeignClient } from "../foreign-client.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import { askUser, compareSas, confirmSas, identity, isDone, twoPeople } from "./verifying.ts";

type Identity = {
  readonly masterKey: string;
  readonly verified: boolean;
  readonly previouslyVerified: boolean;
  readonly pinViolation: boolean;
};

export const identityChanges: readonly Scenario[] = [
  {
    name: "someone who was verified replaces their identity: nothing is sent to them until they are verified again, or it is withdrawn",
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      await verify(ours, theirs, roomId);
      await ours.send(roomId, "between the two of us");
      await theirs.read(roomId, "between the two of us");

      await replaceIdentity(theirs);
      await sees(ours, theirs, { verified: false, previouslyVerified: true, pinViolation: true });
      await expect(ours.send(roomId, "kept for the right one")).rejects.toMatchObject({ code: "verified-identity-changed" });
      expect(await ours.status()).toMatchObject({ failedSends: 1 });
      expect(texts(theirs, roomId)).toEqual(["between the two of us"]);
      // Reading goes on meanwhile.
      await theirs.send(roomId, "it is still me");
      await ours.read(roomId, "it is still me");
      // The verification has to get through to who is not verified, and what was kept back follows it.
      await verify(ours, theirs, roomId);
      await theirs.read(roomId, "kept for the right one");

      await replaceIdentity(theirs);
      await sees(ours, theirs, { verified: false, previouslyVerified: true });
      await expect(ours.send(roomId, "kept once more")).rejects.toMatchObject({ code: "verified-identity-changed" });
      await ours.call("withdrawVerification", { userId: theirs.userId });
      await theirs.read(roomId, "kept once more");
      await sees(ours, theirs, { verified: false, previouslyVerified: false, pinViolation: false });
      expect(await ours.status()).toMatchObject({ failedSends: 0, pendingSends: 0 });
    },
  },
  {
    name: "someone who was never verified replaces their identity: it is told and can be accepted, and nothing is kept back",
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      await ours.send(roomId, "hello");
      await theirs.read(roomId, "hello");
      await replaceIdentity(theirs);
      await sees(ours, theirs, { verified: false, previouslyVerified: false, pinViolation: true });
      await ours.send(roomId, "still hello");
      await theirs.read(roomId, "still hello");
      await ours.call("acceptIdentity", { userId: theirs.userId });
      await sees(ours, theirs, { pinViolation: false });
    },
  },
];

async function verify(ours: Bulkhead, theirs: ForeignClient, roomId: string): Promise<void> {
  const pair = await askUser("Bulkhead", ours, theirs, roomId);
  await compareSas(pair, "js-sdk");
  await confirmSas(pair);
  await isDone(pair);
  expect(await identity(ours, theirs.userId)).toMatchObject({ verified: true });
}

/** As Element does it for who has lost everything: new keys, confirmed with the account's password. */
async function replaceIdentity(theirs: ForeignClient): Promise<void> {
  const crypto = theirs.client.getCrypto();
  const before = await crypto?.getCrossSigningKeyId();
  await crypto?.bootstrapCrossSigning({
    setupNewCrossSigning: true,
    authUploadDeviceSigningKeys: async (makeRequest) => {
      try {
        await makeRequest(null);
      } catch (error) {
        if (!(error instanceof MatrixError)) throw error;
        const identifier = { type: "m.id.user", user: theirs.userId };
        await makeRequest({
          type: "m.login.password",
          identifier,
          password: "the secret of felix",
          session: String(error.data["session"]),
        });
      }
    },
  });
  expect(await crypto?.getCrossSigningKeyId()).not.toBe(before);
}

async function sees(ours: Bulkhead, theirs: ForeignClient, expected: Partial<Identity>): Promise<void> {
  await until(`Bulkhead to see ${JSON.stringify(expected)}`, async () => {
    const now = await ours.call<Identity | null>("identity", { userId: theirs.userId });
    const same =
      now !== null &&
      Object.entries(expected).every((entry) => Object.entries(now).some(([key, value]) => key === entry[0] && value === entry[1]));
    return same || undefined;
  });
}

/** Texts that have reached them; the verification's own events are encrypted like messages. */
function texts(theirs: ForeignClient, roomId: string): unknown[] {
  const events = theirs.client.getRoom(roomId)?.getLiveTimeline().getEvents() ?? [];
  return events.filter((event) => event.getContent()["msgtype"] === "m.text").map((event) => event.getContent()["body"]);
}

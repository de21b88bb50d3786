import { expect } from "vitest";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import { askDevice, askUser, compareSas, confirmSas, identity, isDone, twoPeople } from "./verifying.ts";

export const trustSettings: readonly Scenario[] = [
  {
    name: "keys to verified devices only: who is not verified is told why, is verified in the room, and reads from then on",
    async play(world) {
      const { ours, theirs, roomId } = await twoPeople(world);
      await ours.send(roomId, "for everyone");
      await theirs.read(roomId, "for everyone");
      await ours.call("setOnlyTrusted", { roomId, on: true });
      const withheld = await ours.send(roomId, "for the verified");
      await until("the notice", async () =>
        (await theirs.see(roomId, withheld)).utd?.code === "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE" ? true : undefined,
      );
      // It outlives the process, and the verification gets through although messages do not.
      await ours.restart("kill");
      const pair = await askUser("Bulkhead", ours, theirs, roomId);
      await compareSas(pair, "js-sdk");
      await confirmSas(pair);
      await isDone(pair);
      expect(await identity(ours, theirs.userId)).toMatchObject({ verified: true });
      await ours.send(roomId, "now that we are sure");
      await theirs.read(roomId, "now that we are sure");
      expect((await theirs.see(roomId, withheld)).body).toBeUndefined();

      // Everywhere: in a room with somebody else as well.
      await ours.call("setOnlyTrusted", { roomId, on: false });
      await ours.call("setOnlyTrusted", { on: true });
      const bob = await world.bob();
      const other = await ours.createRoom({ invite: [bob.userId, theirs.userId] });
      for (const guest of [bob, theirs]) {
        await guest.join(other);
        await ours.knows(other, guest.userId, "join");
      }
      const forOne = await ours.send(other, "for one of you");
      await theirs.read(other, "for one of you");
      await until("the notice", async () =>
        (await bob.see(other, forOne)).utd?.code === "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE" ? true : undefined,
      );
      await ours.call("setOnlyTrusted", { on: false });
      await ours.send(other, "for all of you");
      await bob.read(other, "for all of you");
    },
  },
  {
    name: "a device that came later asks the other devices of its owner for a key, and js-sdk answers once it is verified",
    async play(world) {
      const account = world.account("asker");
      const theirs = await world.foreign(account);
      await theirs.makeIdentity();
      const roomId = await theirs.createRoom({ invite: [] });
      const eventId = await theirs.send(roomId, "before you came");
      const ours = await world.bulkhead(account, "login");
      await theirs.knowsDevice(ours.userId, ours.deviceId);
      await until("the identity", async () => ((await identity(ours, ours.userId)) === null ? undefined : true));
      expect((await ours.see(roomId, eventId)).utd).toEqual({ code: "MissingMegolmSession", cause: "historical" });
      const pair = await askDevice("Bulkhead", ours, theirs);
      await compareSas(pair, "js-sdk");
      await confirmSas(pair);
      await isDone(pair);
      expect((await ours.see(roomId, eventId)).body).toBeUndefined();
      await ours.call("askOwnDevices", { roomId, eventId });
      expect(await ours.read(roomId, "before you came")).toMatchObject({ eventId });
    },
  },
];

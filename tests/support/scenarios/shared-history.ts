import { expect } from "vitest";
import type { ForeignClient } from "../foreign-client.ts";
import type { Bulkhead } from "./bulkhead.ts";
import { until, type Party } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

type Shown = { readonly shield: { readonly code: string } | null; readonly keySharedBy?: string };

export const sharedHistories: readonly Scenario[] = [
  {
    name: "people who are invited can read what was said before, whoever invites whom, and see whose word for it that is",
    async play(world) {
      const [ada, bea, dan, dora] = await Promise.all([
        ours(world, "ada"),
        theirs(world, "bea"),
        ours(world, "dan"),
        theirs(world, "dora"),
      ]);
      for (const [inviter, joiner] of [
        [ada, dora],
        [bea, dan],
        [ada, dan],
      ] as const) {
        const roomId = await inviter.createRoom({ invite: [], historyVisibility: "shared" });
        const early = await inviter.send(roomId, "before the invite");
        await inviter.send(roomId, "and more of it");
        await invite(inviter, joiner, roomId);
        await joiner.join(roomId);
        for (const body of ["before the invite", "and more of it"]) await joiner.read(roomId, body);
        if (joiner === dan)
          expect(await shown(dan, roomId, early)).toMatchObject({ keySharedBy: inviter.userId, shield: { color: "grey" } });
        await inviter.knows(roomId, joiner.userId, "join");
        const now = await inviter.send(roomId, "welcome");
        await joiner.read(roomId, "welcome");
        if (joiner === dan) expect((await shown(dan, roomId, now)).keySharedBy).toBeUndefined();
        // And on to the next one.
        await joiner.send(roomId, "thank you");
        await inviter.read(roomId, "thank you");
      }
    },
  },
  {
    name: "what was shared with somebody is shared by them with the next one, over the programs and over a crash at every step",
    async play(world) {
      const [ada, bea, dan] = await Promise.all([ours(world, "ada"), theirs(world, "bea"), ours(world, "dan")]);
      const roomId = await ada.createRoom({ invite: [], historyVisibility: "shared" });
      const early = await ada.send(roomId, "the very first");
      await invite(ada, bea, roomId);
      await ada.restart("kill");
      await bea.join(roomId);
      await bea.read(roomId, "the very first");
      await ada.leave(roomId);
      await invite(bea, dan, roomId);
      await dan.restart("kill");
      await dan.join(roomId);
      await dan.restart("kill");
      await dan.read(roomId, "the very first");
      expect((await shown(dan, roomId, early)).keySharedBy).toBe(bea.userId);
    },
  },
  {
    name: "the past of a room that is not for newcomers is shared with nobody",
    async play(world) {
      const line = await world.line();
      const onLine = (name: string) => ({ ...world.account(name), homeserver: line.url });
      const [ada, bea, dan, dora] = await Promise.all([
        world.bulkhead(onLine("ada")).then(identified),
        world.foreign(onLine("bea")).then(identify),
        ours(world, "dan"),
        theirs(world, "dora"),
      ]);
      const uploads = (): number => line.count("POST", /\/media\/v3\/upload/);
      for (const historyVisibility of ["joined", "invited", "shared"] as const) {
        for (const [inviter, joiner] of [
          [ada, dora],
          [bea, dan],
        ] as const) {
          const roomId = await inviter.createRoom({ invite: [], historyVisibility });
          await inviter.send(roomId, "for members only");
          await invite(inviter, joiner, roomId);
          await joiner.join(roomId);
          await inviter.knows(roomId, joiner.userId, "join");
          await inviter.send(roomId, "now that you are here");
          await joiner.read(roomId, "now that you are here");
        }
        expect(uploads()).toBe(historyVisibility === "shared" ? 2 : 0);
      }
    },
  },
];

/** Until the invitation is there to be accepted. */
async function invite(inviter: Party, invited: Bulkhead | ForeignClient, roomId: string): Promise<void> {
  await inviter.invite(roomId, invited.userId);
  if (invited.program === "js-sdk") return invited.knows(roomId, invited.userId, "invite");
  await until("the invitation", async () => (await invited.rooms()).some((room) => room.roomId === roomId) || undefined);
}

async function ours(world: World, name: string): Promise<Bulkhead> {
  return identified(await world.bulkhead(world.account(name)));
}

/** Until its device is signed by its owner, and the server knows. */
async function identified(bulkhead: Bulkhead): Promise<Bulkhead> {
  await until("Bulkhead to have an identity", async () => {
    const devices = await bulkhead.call<{ deviceId: string; crossSigned: boolean }[]>("devices", { userId: bulkhead.userId });
    return devices.some(({ deviceId, crossSigned }) => deviceId === bulkhead.deviceId && crossSigned) || undefined;
  });
  return bulkhead;
}

async function theirs(world: World, name: string): Promise<ForeignClient> {
  return identify(await world.foreign(world.account(name)));
}

async function identify(foreign: ForeignClient): Promise<ForeignClient> {
  await foreign.makeIdentity();
  return foreign;
}

function shown(bulkhead: Bulkhead, roomId: string, eventId: string): Promise<Shown> {
  return bulkhead.call<Shown>("waitForMessage", { roomId, eventId, timeoutMs: 30_000 });
}

import { expect } from "vitest";
import { sessionOf } from "./rotation.ts";
import type { Scenario } from "./scenario.ts";

export const historyBeforeTheJoin: Scenario = {
  name: "what was said before the join is given to nobody whose devices are not vouched for, by nobody whose own are not; each is told why; what was said after the invite can be read",
  async play(world) {
    const [ada, bert, dan, dora] = await Promise.all([
      world.ada(),
      world.foreign(world.account("bert")),
      world.bulkhead(world.account("dan")),
      world.foreign(world.account("dora")),
    ]);
    // Neither Bert nor Dora has an identity.
    for (const [sender, joiner] of [
      [ada, dora],
      [bert, dan],
    ] as const) {
      const roomId = await sender.createRoom({ invite: [], historyVisibility: "shared" });
      const early = await sender.send(roomId, "before the invite");
      await sender.invite(roomId, joiner.userId);
      await sender.knows(roomId, joiner.userId, "invite");
      await sender.send(roomId, "between invite and join");
      await joiner.join(roomId);
      await joiner.read(roomId, "between invite and join");
      const seen = await joiner.see(roomId, early);
      expect(seen.body).toBeUndefined();
      // The session may have been shared from its second message on, so either name for the missing key is right.
      if (joiner.program === "Bulkhead") {
        expect(seen.utd?.code).toMatch(/^(MissingMegolmSession|UnknownMegolmMessageIndex)$/);
        expect(seen.utd?.cause).toBe("sent-before-we-joined");
      } else {
        expect(seen.utd?.code).toMatch(/^(HISTORICAL_MESSAGE_USER_NOT_JOINED|OLM_UNKNOWN_MESSAGE_INDEX)$/);
      }
    }
  },
};

export const hiddenHistory: Scenario = {
  name: "where only members may read, invited people get no key: they read from their join on",
  async play(world) {
    const [ada, bob, dan, dora] = await Promise.all([
      world.ada(),
      world.bob(),
      world.bulkhead(world.account("dan")),
      world.foreign(world.account("dora")),
    ]);
    for (const [sender, joiner] of [
      [ada, dora],
      [bob, dan],
      [ada, dan],
    ] as const) {
      const other = sender === ada ? bob : ada;
      const roomId = await sender.createRoom({ invite: [joiner.userId, other.userId], historyVisibility: "joined" });
      await other.join(roomId);
      await sender.knows(roomId, joiner.userId, "invite");
      const early = await sender.send(roomId, "for members only");
      if (joiner === dora) {
        const keys = (await dora.client.getCrypto()?.exportRoomKeys()) ?? [];
        expect(keys.map(({ session_id }) => session_id)).not.toContain(await sessionOf(bob, roomId, early));
      }
      await joiner.join(roomId);
      await sender.knows(roomId, joiner.userId, "join");
      await sender.send(roomId, "now that you are here");
      await joiner.read(roomId, "now that you are here");
      // The server shows nothing of the time before either; who reads anyway has been given a key too early.
      const shown = joiner === dan ? await dan.timeline(roomId, 50) : [];
      expect(shown.filter(({ eventId, body }) => eventId === early && body !== undefined)).toEqual([]);
    }
  },
};

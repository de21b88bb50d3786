import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";

export const lateKeys: Scenario = {
  name: "a message that overtakes its room key is unreadable, and readable in its place once the key is there",
  async play(world) {
    const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
    const line = await world.line();
    const [ours, theirs] = await Promise.all([
      world.bulkhead(world.account("hasty", line.url)),
      world.foreign(world.account("hasty", line.url)),
    ]);
    for (const sender of [ours, theirs]) {
      const roomId = await sender.createRoom({ invite: [ada.userId, bob.userId] });
      await ada.join(roomId);
      await bob.join(roomId);
      const held = line.holdBack(/\/sendToDevice\/m\.room\.encrypted\//);
      const first = await sender.send(roomId, "faster than its key");
      expect(held.count).toBeGreaterThan(0);
      const early = await ada.see(roomId, first);
      expect(early.body).toBeUndefined();
      expect(early.utd).toEqual({ code: "MissingMegolmSession", cause: "waiting" });
      expect((await bob.see(roomId, first)).utd?.code).toBe("MEGOLM_UNKNOWN_INBOUND_SESSION_ID");
      const second = await sender.send(roomId, "and so is this one");
      await ada.see(roomId, second);
      // A message that could not be read survives a restart, and so does the wait for its key.
      await ada.restart("kill");
      expect((await ada.see(roomId, first)).utd?.cause).toBe("waiting");
      await held.release();
      for (const reader of [ada, bob]) {
        expect(await reader.read(roomId, "faster than its key")).toMatchObject({ eventId: first, utd: undefined });
        expect(await reader.read(roomId, "and so is this one")).toMatchObject({ eventId: second, utd: undefined });
      }
      const order = (await ada.timeline(roomId, 10)).map(({ eventId }) => eventId);
      expect(order.slice(-2)).toEqual([first, second]);
    }
  },
};

import { expect } from "vitest";
import type { ForeignClient } from "../foreign-client.ts";
import type { Scenario } from "./scenario.ts";

export const rotationByCount: Scenario = {
  name: "the room key changes after as many messages as the room says",
  async play(world) {
    const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
    for (const [sender, reader] of [
      [ada, bob],
      [bob, ada],
    ] as const) {
      const roomId = await sender.createRoom({ invite: [reader.userId], rotationPeriodMsgs: 3 });
      await reader.join(roomId);
      const sessions: string[] = [];
      for (let count = 1; count <= 7; count += 1) {
        const eventId = await sender.send(roomId, `number ${count}`);
        await reader.read(roomId, `number ${count}`);
        sessions.push(await sessionOf(bob, roomId, eventId));
      }
      const order = [...new Set(sessions)];
      expect(sessions.map((session) => order.indexOf(session))).toEqual([0, 0, 0, 1, 1, 1, 2]);
    }
  },
};

export const rotationOnLeave: Scenario = {
  name: "the room key changes when somebody leaves, who cannot read what was said meanwhile even when back in",
  async play(world) {
    const [ada, bob, eve, mallory] = await Promise.all([
      world.ada(),
      world.bob(),
      world.bulkhead(world.account("eve")),
      world.foreign(world.account("mallory")),
    ]);
    for (const [sender, leaver] of [
      [ada, mallory],
      [bob, eve],
      [ada, eve],
    ] as const) {
      const other = sender === ada ? bob : ada;
      // An invitation would bring the keys of the past along.
      const roomId = await sender.createRoom({ invite: [leaver.userId, other.userId], historyVisibility: "shared", open: true });
      await other.join(roomId);
      await leaver.join(roomId);
      const first = await sender.send(roomId, "all of us");
      await leaver.read(roomId, "all of us");
      await leaver.leave(roomId);
      await sender.knows(roomId, leaver.userId, "leave");
      const second = await sender.send(roomId, "among ourselves");
      await other.read(roomId, "among ourselves");
      expect(await sessionOf(bob, roomId, second)).not.toBe(await sessionOf(bob, roomId, first));

      await leaver.join(roomId);
      const seen = await leaver.see(roomId, second);
      expect(seen.body).toBeUndefined();
      if (leaver.program === "Bulkhead") expect(seen.utd).toEqual({ code: "MissingMegolmSession", cause: "sent-before-we-joined" });
      else expect(seen.utd?.code).toBe("HISTORICAL_MESSAGE_USER_NOT_JOINED");
      await sender.knows(roomId, leaver.userId, "join");
      await sender.send(roomId, "welcome back");
      await leaver.read(roomId, "welcome back");
      expect((await leaver.see(roomId, second)).body).toBeUndefined();
    }
  },
};

export async function sessionOf(witness: ForeignClient, roomId: string, eventId: string): Promise<string> {
  const session = (await witness.rawEvent(roomId, eventId)).content["session_id"];
  if (typeof session !== "string" || session === "") throw new Error("the event names no session");
  return session;
}

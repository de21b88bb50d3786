import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";

export const firstMessage: Scenario = {
  name: "a first message and its answer, in a room that either side has made",
  async play(world) {
    const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
    for (const [host, guest] of [
      [ada, bob],
      [bob, ada],
    ] as const) {
      const roomId = await host.createRoom({ invite: [guest.userId] });
      await guest.join(roomId);
      const hello = `Hello from ${host.program}`;
      const eventId = await host.send(roomId, hello);
      expect(await guest.read(roomId, hello)).toMatchObject({ eventId, sender: host.userId, body: hello });

      const answer = `${guest.program} answers`;
      const answerId = await guest.send(roomId, answer, eventId);
      expect(await host.read(roomId, answer)).toMatchObject({ eventId: answerId, sender: guest.userId, replyTo: eventId });
      expect(await guest.read(roomId, answer)).toMatchObject({ eventId: answerId, replyTo: eventId });

      for (const id of [eventId, answerId]) {
        const raw = await bob.rawEvent(roomId, id);
        expect(raw.type).toBe("m.room.encrypted");
        expect(raw.content["algorithm"]).toBe("m.megolm.v1.aes-sha2");
        expect(JSON.stringify(raw)).not.toMatch(/Hello|answers/);
      }
      // Which event is answered is outside of the ciphertext, so that servers can tell (spec: relationships in encrypted events).
      expect((await bob.rawEvent(roomId, answerId)).content["m.relates_to"]).toEqual({ "m.in_reply_to": { event_id: eventId } });
    }
  },
};

export const slowDeviceLists: Scenario = {
  name: "a first message waits for the devices of people of whom none is known, however slow the server is",
  async play(world) {
    const [bob, line] = await Promise.all([world.bob(), world.line()]);
    const host = await world.bulkhead(world.account("patient", line.url));
    line.delay(/\/keys\/query/, 8_000);
    const roomId = await host.createRoom({ invite: [bob.userId] });
    await bob.join(roomId);
    await host.send(roomId, "for your device, whichever it is");
    await bob.read(roomId, "for your device, whichever it is");
  },
};

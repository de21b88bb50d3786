import { EventType } from "matrix-js-sdk";
import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";

export const neverClear: Scenario = {
  name: "a room that was encrypted once never gets clear text, whatever the server says later",
  async play(world) {
    const [ada, bob] = await Promise.all([world.ada(), world.bob()]);
    const roomId = await bob.createRoom({ invite: [ada.userId] });
    await ada.join(roomId);
    await ada.send(roomId, "secret 1");
    const isShown = async (): Promise<boolean | undefined> => (await ada.rooms()).find((room) => room.roomId === roomId)?.encrypted;
    expect(await isShown()).toBe(true);

    for (const content of [{}, { algorithm: "m.none" }]) {
      const { event_id: eventId } = await bob.client.sendStateEvent(roomId, EventType.RoomEncryption, content as never, "");
      // A message after it: once that one is here, so is the change.
      await bob.send(roomId, `after ${eventId}`);
      await ada.read(roomId, `after ${eventId}`);
      await ada.send(roomId, "secret 2").catch(() => undefined);
      expect(await isShown()).toBe(true);
      await ada.restart("stop");
      await ada.send(roomId, "secret 3").catch(() => undefined);
      expect(await isShown()).toBe(true);
    }
    await ada.leave(roomId);
    await bob.knows(roomId, ada.userId, "leave");
    await bob.invite(roomId, ada.userId);
    await ada.join(roomId);
    await ada.send(roomId, "secret 4").catch(() => undefined);
    expect(await isShown()).toBe(true);

    const events = (await bob.rawEvents(roomId)).filter(({ sender }) => sender === ada.userId);
    expect(events.filter(({ type }) => type === "m.room.message")).toEqual([]);
    expect(JSON.stringify(events)).not.toContain("secret");
    // And it goes on working: the first word about encryption counts, so all of it is readable.
    for (const body of ["secret 1", "secret 2", "secret 3", "secret 4"]) await bob.read(roomId, body);
  },
};

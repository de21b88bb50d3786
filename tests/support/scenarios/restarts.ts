import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

export const restarts: readonly Scenario[] = [
  { name: "a conversation with an orderly restart between every two steps", play: (world) => converse(world, "stop") },
  { name: "a conversation with a kill and a restart between every two steps", play: (world) => converse(world, "kill") },
];

async function converse(world: World, how: "stop" | "kill"): Promise<void> {
  const [ada, bob] = await Promise.all([world.bulkhead(world.account("phoenix")), world.bob()]);
  const { userId, deviceId } = ada;
  const again = async (): Promise<void> => {
    await ada.restart(how);
    expect(ada).toMatchObject({ userId, deviceId });
  };
  await again();
  const roomId = await ada.createRoom({ invite: [bob.userId], rotationPeriodMsgs: 2 });
  await again();
  await bob.join(roomId);
  await again();
  await ada.send(roomId, "one");
  await again();
  const one = await bob.read(roomId, "one");
  await bob.send(roomId, "two", one.eventId);
  await again();
  expect((await ada.read(roomId, "two")).replyTo).toBe(one.eventId);
  await again();
  await ada.send(roomId, "three");
  await again();
  await ada.send(roomId, "four");
  // Asleep while it is written to.
  await ada.end(how);
  await bob.read(roomId, "four");
  const other = await bob.createRoom({ invite: [userId] });
  await bob.send(roomId, "five");
  await ada.resume();
  await ada.read(roomId, "five");
  await ada.join(other);
  await again();
  await bob.knows(other, userId, "join");
  await bob.send(other, "six");
  await ada.read(other, "six");
  await again();
  await ada.send(other, "seven");
  await bob.read(other, "seven");
  await again();
  expect((await ada.timeline(roomId, 10)).map(({ body }) => body)).toEqual(["one", "two", "three", "four", "five"]);
  expect((await ada.timeline(other, 10)).map(({ body }) => body)).toEqual(["six", "seven"]);
  expect((await ada.status()).pendingSends).toBe(0);
}

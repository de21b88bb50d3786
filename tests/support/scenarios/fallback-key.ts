import { expect } from "vitest";
import { dig, TestUser } from "../../../tools/homeserver/test-user.ts";
import type { Bulkhead } from "./bulkhead.ts";
import type { Line } from "./line.ts";
import { until, type Party } from "./party.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

export const fallbackKey: Scenario = {
  name: "somebody whose one-time keys ran out is written to by means of the fallback key, and replenishes both on waking",
  async play(world) {
    const ours = await world.bulkhead(world.account("sleeper"));
    await play(
      world,
      ours,
      () => ours.end("stop"),
      () => ours.resume(),
    );
    const line: Line = await world.line();
    const theirs = await world.foreign(world.account("sleeper", line.url));
    await play(
      world,
      theirs,
      async () => line.freeze(),
      async () => line.thaw(),
    );
  },
};

async function play(world: World, sleeper: Party, sleep: () => Promise<void>, wake: () => Promise<void>): Promise<void> {
  const thief = await TestUser.register(world.homeserver, "thief");
  const [ada, bob]: [Bulkhead, Party] = await Promise.all([world.ada(), world.bob()]);
  const roomId = await ada.createRoom({ invite: [sleeper.userId, bob.userId] });
  await bob.join(roomId);
  await sleeper.join(roomId);
  for (const writer of [ada, bob]) {
    await writer.knows(roomId, sleeper.userId, "join");
    await writer.knowsDevice(sleeper.userId, sleeper.deviceId);
  }
  await sleep();
  const stolen = await claimAll(thief, sleeper);
  expect(stolen.oneTime).toBeGreaterThan(10);
  await ada.send(roomId, "ada, by the fallback key");
  await bob.send(roomId, "bob, by the same one");
  await wake();
  await sleeper.read(roomId, "ada, by the fallback key");
  await sleeper.read(roomId, "bob, by the same one");
  await sleeper.send(roomId, "awake");
  await ada.read(roomId, "awake");
  await bob.read(roomId, "awake");

  // There are one-time keys again. The sleeper sleeps for the count: awake it would replenish what is taken.
  await until("new one-time keys", async () => ((await claim(thief, sleeper)).fallback ? undefined : true));
  await sleep();
  const again = await claimAll(thief, sleeper);
  expect(again.oneTime).toBeGreaterThan(10);
  // js-sdk replaces a fallback key by its age, we as soon as it has been used.
  if (sleeper.program === "Bulkhead") expect(again.fallbackId).not.toBe(stolen.fallbackId);
  await wake();
}

/** Claims until only the fallback key is left. */
async function claimAll(thief: TestUser, { userId, deviceId }: Party): Promise<{ oneTime: number; fallbackId: string }> {
  for (let oneTime = 0; oneTime < 500; oneTime += 1) {
    const { id, fallback } = await claim(thief, { userId, deviceId });
    if (fallback) return { oneTime, fallbackId: id };
  }
  throw new Error("the one-time keys do not end");
}

async function claim(
  thief: TestUser,
  { userId, deviceId }: Pick<Party, "userId" | "deviceId">,
): Promise<{ id: string; fallback: boolean }> {
  const answer = await thief.ok("POST", "/v3/keys/claim", { one_time_keys: { [userId]: { [deviceId]: "signed_curve25519" } } });
  const keys = dig(answer, "one_time_keys", userId, deviceId);
  const [first] = Object.entries(typeof keys === "object" && keys !== null ? keys : {});
  if (first === undefined) throw new Error("the server gives neither a one-time key nor a fallback key");
  return { id: first[0], fallback: dig(first[1], "fallback") === true };
}

// Worker and main are killed at random moments of a busy conversation. Nothing that the server accepted may be lost to its recipients, and no ratchet
// or key id may ever have been used twice. CRASH_SEED=… repeats the choices of a run, CRASH_KILLS=… changes how many there are.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Homeserver, startHomeserver } from "../../../tools/homeserver/homeserver.ts";
import { HeadlessClient, HeadlessError } from "../../support/headless-client.ts";
import { censusSize, ratchetCensus } from "../../support/ratchet-census.ts";
import { seedOf, Seeded } from "../../support/seeded.ts";
import { type TimelineEvent, Victim } from "./victim.ts";

const SEED = seedOf("CRASH_SEED");
const KILLS = Number(process.env["CRASH_KILLS"] ?? 200);
const SIGN_IN_KILLS = 12;
const PASSWORD = "correct horse battery";

let homeserver: Homeserver;
let folder: string;
const chance = new Seeded(SEED);
const victims: Victim[] = [];

beforeAll(async () => {
  homeserver = await startHomeserver();
  folder = mkdtempSync(join(tmpdir(), "bulkhead-crash-"));
});

afterAll(async () => {
  await Promise.all(victims.map((victim) => victim.stop()));
  await homeserver.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe(`with CRASH_SEED=${SEED}`, () => {
  test(`${KILLS} kills lose nothing that was accepted and use nothing twice`, { timeout: Math.max(900_000, KILLS * 4500) }, async () => {
    const rooms = await gather(["ada", "bob", "bob", "cyd"]);
    let left = KILLS;
    const killing = victims.map(async (victim) => {
      const own = chance.fork();
      void victim.talk();
      while (left > 0) {
        left -= 1;
        // Some die while they start, most in the middle of what they are there for.
        if (own.chance(0.2)) await sleep(own.int(0, 1500));
        else {
          await victim.untilUp(120_000);
          await sleep(own.int(0, 600));
        }
        await victim.kill();
      }
      await victim.untilUp(120_000);
      victim.talking = false;
    });
    await Promise.all(killing);

    for (const victim of victims) await untilIdle(victim);
    const readings = new Map<string, TimelineEvent[][]>();
    for (const roomId of rooms) readings.set(roomId, await Promise.all(victims.map((victim) => untilAllReadable(victim, roomId))));

    expect(ratchetCensus(homeserver, rooms)).toEqual([]);
    const accepted = new Map<string, string>();
    for (const roomId of rooms) {
      const [first, ...others] = readings.get(roomId) ?? [];
      const bodies = (first ?? []).map(({ eventId, body }) => [eventId, body]);
      // Everybody reads the same, and nothing arrived twice.
      for (const other of others) expect(other.map(({ eventId, body }) => [eventId, body])).toEqual(bodies);
      for (const [eventId, body] of bodies) {
        expect(accepted.get(body ?? "")).toBeUndefined();
        accepted.set(body ?? "", eventId ?? "");
      }
    }
    // What was promised has happened.
    for (const victim of victims)
      for (const [body, eventId] of victim.sent) if (eventId !== undefined) expect(accepted.get(body)).toBe(eventId);
    const kills = victims.map(({ kills: counts }) => Object.fromEntries(counts));
    console.info(JSON.stringify({ seed: SEED, kills, messages: accepted.size, ...censusSize(homeserver) }));
    expect(accepted.size).toBeGreaterThan(KILLS / 4);
    expect(kills.reduce((sum, { worker = 0, main = 0, both = 0 }) => sum + worker + main + both, 0)).toBeGreaterThanOrEqual(KILLS);
  });

  test(`${SIGN_IN_KILLS} kills while signing in leave either no device or a working one`, { timeout: 300_000 }, async () => {
    const own = chance.fork();
    const next = Array.from({ length: SIGN_IN_KILLS }, (_, number) => number);
    const lane = async (): Promise<void> => {
      for (let number = next.pop(); number !== undefined; number = next.pop())
        await killedWhileSigningIn(`newcomer${number}`, own.int(300, 4000));
    };
    await Promise.all([lane(), lane()]);
  });
});

/** Everybody in two rooms, of which one changes its key all the time. */
async function gather(names: readonly string[]): Promise<string[]> {
  for (const name of new Set(names)) homeserver.registerUser(name, PASSWORD);
  const everybody = names.map((name, index) => {
    const label = names.indexOf(name) === index ? name : `${name}${index}`;
    return { victim: new Victim(label, join(folder, label), homeserver.url, chance.fork()), user: name };
  });
  victims.push(...everybody.map(({ victim }) => victim));
  await Promise.all(everybody.map(({ victim, user }) => victim.client.login(homeserver.url, user, PASSWORD)));
  const [host] = victims;
  if (host === undefined) throw new Error("nobody is there");
  const invite = [...new Set(names.slice(1))].map((name) => `@${name}:localhost`);
  const rooms = [
    await host.client.createRoom({ name: "Busy", invite, rotationPeriodMsgs: 3 }),
    await host.client.createRoom({ name: "Calm", invite }),
  ];
  for (const { victim, user } of everybody) {
    victim.rooms = rooms;
    if (user === names[0] || victim.name !== user) continue;
    for (const roomId of rooms) await victim.client.call("join", { roomId });
  }
  // From here on everybody is a recipient of everything.
  for (const [index, roomId] of rooms.entries()) {
    await host.client.send(roomId, `welcome ${index}`);
    for (const victim of victims)
      expect(await victim.client.waitForMessage(roomId, { body: `welcome ${index}` })).toMatchObject({ decrypted: true });
  }
  return rooms;
}

async function untilIdle(victim: Victim): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const { pendingSends, failedSends } = await victim.untilUp(60_000);
    expect(failedSends).toBe(0);
    if (pendingSends === 0) return;
    if (Date.now() > deadline) throw new Error(`${victim.name} does not get rid of its messages\n${victim.report()}`);
    await sleep(100);
  }
}

/** The messages of a room as one device reads them, once there is nothing left that it cannot read. */
async function untilAllReadable(victim: Victim, roomId: string): Promise<TimelineEvent[]> {
  const wanted = homeserver.acceptedEvents(roomId).flatMap(({ type, eventId }) => (type === "m.room.encrypted" ? [eventId] : []));
  const deadline = Date.now() + 60_000;
  for (;;) {
    const events = await victim.timeline(roomId);
    const readable = new Set(events.flatMap(({ eventId, decrypted }) => (decrypted ? [eventId] : [])));
    const missing = wanted.filter((eventId) => !readable.has(eventId));
    if (missing.length === 0) return events.filter(({ eventId }) => wanted.includes(eventId));
    if (Date.now() > deadline) {
      const utds = events.filter(({ decrypted }) => !decrypted).map(({ eventId, utd }) => JSON.stringify({ eventId, utd }));
      throw new Error(
        `${victim.name} cannot read ${missing.length} of ${wanted.length}: ${utds.slice(0, 5).join(" ")}\n${victim.report()}`,
      );
    }
    await sleep(250);
  }
}

async function killedWhileSigningIn(user: string, afterMs: number): Promise<void> {
  homeserver.registerUser(user, PASSWORD);
  const userId = `@${user}:localhost`;
  const profile = join(folder, user);
  const first = new HeadlessClient(profile, { homeserver: homeserver.url });
  const outcome = first.login(homeserver.url, user, PASSWORD).catch((error: unknown) => error);
  await sleep(afterMs);
  await first.kill();
  await outcome;
  const published = homeserver.requests({ path: "/_matrix/client/v3/keys/upload", userId }).map(({ deviceId }) => deviceId);
  const second = new HeadlessClient(profile, { homeserver: homeserver.url });
  try {
    const resumed = await second.call<{ deviceId: string }>("resume").catch((error: unknown) => error);
    if (resumed instanceof HeadlessError) {
      // Then nobody has ever been told of that device's keys, and signing in starts over.
      expect({ code: resumed.code, published }).toEqual({ code: "not-signed-in", published: [] });
      await second.login(homeserver.url, user, PASSWORD);
    } else if (published.length > 0) expect(resumed).toMatchObject({ deviceId: published[0] });
    const roomId = await second.createRoom({ name: user });
    await second.send(roomId, "here I am");
    expect(ratchetCensus(homeserver, [roomId])).toEqual([]);
  } finally {
    await second.stop();
  }
}

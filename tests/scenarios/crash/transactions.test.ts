// The client dies at every transaction boundary in turn: before the commit, and right after it, before anybody is told. Each life starts from the file
// that the last one left. Covers opening, keys, sync, sharing, encrypting and the send queue, at every depth from the start on.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OlmMachine } from "../../../crypto-worker/machine/olm-machine.ts";
import { type Homeserver, startHomeserver } from "../../../tools/homeserver/homeserver.ts";
import { TestUser } from "../../../tools/homeserver/test-user.ts";
import { type Death, MortalClient } from "../../support/mortal-client.ts";
import { censusSize, ratchetCensus } from "../../support/ratchet-census.ts";

const DEPTHS = 40;
const MOMENTS: readonly Death["moment"][] = ["before-commit", "after-commit"];

let homeserver: Homeserver;
let folder: string;
const bugs: string[] = [];

beforeAll(async () => {
  await OlmMachine.ready();
  homeserver = await startHomeserver();
  folder = mkdtempSync(join(tmpdir(), "bulkhead-mortal-"));
});

afterAll(async () => {
  await homeserver.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(`dying at each of the first ${DEPTHS} transactions of a life, on both sides of the commit`, { timeout: 240_000 }, async () => {
  const ada = await person("ada");
  const bob = await person("bob");
  const queued = new Set<string>();
  const perhaps = new Set<string>();
  const depths: number[] = [];

  ada.open();
  bob.open();
  const roomId = await meet(ada, bob);
  for (let depth = 1; depth <= DEPTHS; depth += 1) {
    for (const moment of MOMENTS) {
      const [victim, other] = depth % 2 === 0 ? [ada, bob] : [bob, ada];
      victim.close();
      victim.open({ transaction: depth, moment });
      await liveUntilDead(victim, other, depth, moment);
      depths.push(victim.transactions);
      victim.close();
      victim.open();
    }
  }
  await settle([ada, bob]);

  expect(bugs).toEqual([]);
  expect(depths).toEqual(Array.from({ length: DEPTHS }, (_, index) => [index + 1, index + 1]).flat());
  expect(ratchetCensus(homeserver, [roomId])).toEqual([]);
  const accepted = homeserver.acceptedEvents(roomId).filter(({ type }) => type === "m.room.encrypted");
  const readByAda = accepted.map(({ eventId }) => ada.textOf(roomId, eventId));
  expect(readByAda).not.toContain(undefined);
  expect(accepted.map(({ eventId }) => bob.textOf(roomId, eventId))).toEqual(readByAda);
  // What was queued has arrived, once.
  expect(new Set(readByAda).size).toBe(readByAda.length);
  for (const body of queued) expect(readByAda).toContain(body);
  for (const body of readByAda) expect(queued.has(body ?? "") || perhaps.has(body ?? "")).toBe(true);
  console.info(JSON.stringify({ accepted: accepted.length, queued: queued.size, ...censusSize(homeserver) }));
  expect(accepted.length).toBeGreaterThan(DEPTHS);
  expect(censusSize(homeserver).olm).toBeGreaterThan(DEPTHS / 4);
  ada.close();
  bob.close();

  /** Talks and syncs until the chosen transaction comes, which talking alone brings about sooner or later. */
  async function liveUntilDead(victim: MortalClient, other: MortalClient, depth: number, moment: string): Promise<void> {
    for (let step = 0; victim.alive; step += 1) {
      if (step > 400) throw new Error(`lives on after ${victim.transactions} of ${depth} transactions`);
      const body = `${victim.session.userId} ${depth} ${moment} ${step}`;
      if (step % 8 === 0) (victim.send(roomId, body) === undefined ? perhaps : queued).add(body);
      const back = `${other.session.userId} in ${depth} ${moment} ${step}`;
      if (step === 2) (other.send(roomId, back) === undefined ? perhaps : queued).add(back);
      await sleep(2);
      await victim.sync();
      await other.sync();
    }
  }
});

async function person(name: string): Promise<MortalClient> {
  const { userId, deviceId, accessToken } = await TestUser.register(homeserver.url, name);
  const session = { homeserver: homeserver.url, userId, deviceId, accessToken, refreshToken: null };
  return new MortalClient(session, join(folder, `${name}.db`), randomBytes(32), bugs);
}

async function meet(ada: MortalClient, bob: MortalClient): Promise<string> {
  const algorithm = { algorithm: "m.megolm.v1.aes-sha2", rotation_period_msgs: 3 };
  const { room_id } = await ada.request("POST", "/_matrix/client/v3/createRoom", {
    preset: "private_chat",
    invite: [bob.session.userId],
    initial_state: [{ type: "m.room.encryption", state_key: "", content: algorithm }],
  });
  const roomId = String(room_id);
  await bob.request("POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  // Devices must be known to the server before they can be anybody's recipients.
  while (homeserver.oneTimeKeyUploads().length < 100) {
    await Promise.all([ada.sync(), bob.sync()]);
    await sleep(10);
  }
  await Promise.all([ada.sync(), bob.sync()]);
  return roomId;
}

async function settle(clients: readonly MortalClient[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  let quiet = 0;
  while (quiet < 5) {
    if (Date.now() > deadline) throw new Error(`does not come to rest: ${clients.map((client) => client.pendingSends()).join(", ")}`);
    for (const client of clients) await client.sync();
    await sleep(30);
    quiet = clients.every((client) => client.pendingSends() === 0 && client.undecryptable() === 0) ? quiet + 1 : 0;
  }
}

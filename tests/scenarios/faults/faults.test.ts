// Every endpoint that the client uses fails in every way that a network and a server have, in the middle of a conversation: nothing is lost, nothing
// arrives in a room twice, everything can be read, and the client is up to date afterwards.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Transport } from "../../../main/matrix/transport.ts";
import type { FaultHandle, FaultKind } from "../../../tools/homeserver/faults.ts";
import { type Homeserver, startHomeserver } from "../../../tools/homeserver/homeserver.ts";
import { TestUser } from "../../../tools/homeserver/test-user.ts";
import { ratchetCensus } from "../../support/ratchet-census.ts";
import { impatient, Person } from "./people.ts";

const PASSWORD = "correct horse battery";

/** What the story below asks for, each by itself. */
const ENDPOINTS: Readonly<Record<string, { readonly method: string; readonly path: RegExp }>> = {
  versions: { method: "GET", path: /\/versions$/ },
  login: { method: "POST", path: /\/v3\/login$/ },
  sync: { method: "GET", path: /\/v3\/sync$/ },
  keysUpload: { method: "POST", path: /\/v3\/keys\/upload$/ },
  keysQuery: { method: "POST", path: /\/v3\/keys\/query$/ },
  keysClaim: { method: "POST", path: /\/v3\/keys\/claim$/ },
  sendToDevice: { method: "PUT", path: /\/v3\/sendToDevice\// },
  createRoom: { method: "POST", path: /\/v3\/createRoom$/ },
  invite: { method: "POST", path: /\/invite$/ },
  join: { method: "POST", path: /\/v3\/join\// },
  members: { method: "GET", path: /\/members$/ },
  messages: { method: "GET", path: /\/messages$/ },
  send: { method: "PUT", path: /\/send\/m\.room\.encrypted\// },
  leave: { method: "POST", path: /\/leave$/ },
  profile: { method: "GET", path: /\/v3\/profile\// },
  logout: { method: "POST", path: /\/v3\/logout$/ },
};

const FAULTS: readonly (readonly [string, FaultKind])[] = [
  ["a connection that is dropped", { kind: "drop" }],
  ["an answer that is lost", { kind: "lostResponse" }],
  ["a request that arrives twice", { kind: "duplicate" }],
  ["a rate limit", { kind: "status", status: 429, retryAfterMs: 250 }],
  ["a gateway's error", { kind: "status", status: 502 }],
  ["an internal error", { kind: "status", status: 500 }],
  ["an answer that is no JSON", { kind: "garbage" }],
  ["an answer that ends early", { kind: "truncate" }],
  ["a slow answer", { kind: "delay", ms: 700, when: "after" }],
];

let homeserver: Homeserver;
let folder: string;
let everybody: Person[] = [];
let number = 0;

beforeAll(async () => {
  homeserver = await startHomeserver();
  folder = mkdtempSync(join(tmpdir(), "bulkhead-faults-"));
});

afterEach(async () => {
  homeserver.faults.clear();
  await Promise.all(everybody.map((person) => person.close()));
  everybody = [];
});

afterAll(async () => {
  await homeserver.stop();
  rmSync(folder, { recursive: true, force: true });
});

test.each(FAULTS)("%s, everywhere", { timeout: 180_000 }, (_, fault) => story(fault));

test("no answer at all, everywhere", { timeout: 300_000 }, () => story({ kind: "hang" }, impatient));

test("to-device messages out of order", { timeout: 180_000 }, async () => {
  const [ada, bob] = await Promise.all([newcomer(), newcomer()]);
  // Every message has a key of its own, and bob gets them by the handful.
  const roomId = await ada.createRoom({ name: "Shuffled", invite: [bob.userId], rotationPeriodMsgs: 1 });
  await bob.join(roomId);
  const reordered = homeserver.faults.add({ kind: "reorderToDevice", path: /\/sync$/, userId: bob.userId });
  homeserver.faults.add({ kind: "delay", ms: 400, path: /\/sync$/, userId: bob.userId });
  const bodies = Array.from({ length: 30 }, (_, index) => `number ${index}`);
  await Promise.all(bodies.map((body) => ada.send(roomId, body)));
  for (const body of bodies) await bob.read(roomId, body);
  await Promise.all([ada.settle(), bob.settle()]);
  expect(reordered.fired).toBeGreaterThan(0);
  await expectExactlyOnce(roomId, bodies, [ada, bob]);
});

async function story(fault: FaultKind, transport?: Transport): Promise<void> {
  const ada = await newcomer(transport);
  const bob = await newcomer(transport);
  const archive = await fillArchive(40);
  const handles = new Map<string, FaultHandle>();
  // Answers that make no sense are not asked for again at once: each costs the next step of the send queue's back-off.
  const times = fault.kind === "garbage" || fault.kind === "hang" ? 1 : 2;
  for (const [name, endpoint] of Object.entries(ENDPOINTS)) handles.set(name, homeserver.faults.add({ ...fault, ...endpoint, times }));

  const cyd = await newcomer(transport);
  const roomId = await ada.createRoom({ name: "Stormy", invite: [bob.userId], rotationPeriodMsgs: 2 });
  await ada.invite(roomId, cyd.userId);
  await Promise.all([bob.join(roomId), cyd.join(roomId)]);
  const bodies: string[] = [];
  const say = async (who: Person, body: string, readers: readonly Person[]): Promise<void> => {
    bodies.push(body);
    await who.send(roomId, body);
    await Promise.all(readers.map((reader) => reader.read(roomId, body)));
  };
  await say(ada, "one", [bob, cyd]);
  await Promise.all([say(bob, "two", [ada, cyd]), say(cyd, "three", [ada, bob])]);
  await Promise.all(["four", "five", "six"].map((body) => say(ada, body, [bob, cyd])));
  expect(await cyd.members(roomId)).toHaveLength(3);

  await cyd.join(archive);
  expect((await cyd.timeline(archive, 100)).filter(({ body }) => body?.startsWith("old ") === true)).toHaveLength(40);

  await cyd.leave(roomId);
  await say(bob, "seven", [ada]);
  await cyd.settle();
  await cyd.logOut();
  await Promise.all([ada.settle(), bob.settle()]);

  expect([...handles].filter(([, { fired }]) => fired === 0).map(([name]) => name)).toEqual([]);
  homeserver.faults.clear();
  await expectExactlyOnce(roomId, bodies, [ada, bob]);
}

async function expectExactlyOnce(roomId: string, bodies: readonly string[], readers: readonly Person[]): Promise<void> {
  const accepted = homeserver.acceptedEvents(roomId).filter(({ type }) => type === "m.room.encrypted");
  expect(accepted).toHaveLength(bodies.length);
  for (const reader of readers) {
    const messages = (await reader.timeline(roomId, 1000)).filter(({ eventId }) => accepted.some((event) => event.eventId === eventId));
    expect(messages.filter(({ decrypted }) => !decrypted)).toEqual([]);
    expect(messages.map(({ body }) => body ?? "").toSorted(byCode)).toEqual(bodies.toSorted(byCode));
  }
  expect(ratchetCensus(homeserver, [roomId])).toEqual([]);
}

async function newcomer(transport?: Transport): Promise<Person> {
  const name = `person${++number}`;
  homeserver.registerUser(name, PASSWORD);
  const person = new Person(folder, homeserver.url, name, transport);
  everybody.push(person);
  await person.logIn(PASSWORD);
  return person;
}

const byCode = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** A public room whose history is longer than what a sync brings. */
async function fillArchive(messages: number): Promise<string> {
  const writer = await TestUser.register(homeserver.url, "writer");
  const roomId = await writer.createRoom({ preset: "public_chat", name: "Archive" });
  for (let index = 0; index < messages; index += 1) await writer.say(roomId, `old ${index}`);
  return roomId;
}

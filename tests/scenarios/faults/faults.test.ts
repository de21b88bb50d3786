// Every endpoint that the client uses fails in every way that a network and a server have, in the middle of a conversation: nothing is lost, nothing
// arrives in a room twice, everything can be read, and the client is up to date afterwards.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Transport } from "../../../main/matrix/transport.ts";
import type { FaultHandle, FaultKind } from "../../../tools/homeserver/faults.ts";
import { type Homeserver, startHomeserver } from "../../../tools/homeserver/homeserver.ts";
import { TestUser } from "../../../tools/homeserver/test-user.ts";
import { ratchetCensus } from "../../support/ratchet-census.ts";
import { impatient, Person } from "./people.ts";

const PASSWORD = "correct horse battery";
const PATIENCE = { timeout: 300_000 };

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

/** A homeserver and the people on it, of one story: what fails in one must not fail in the others, which are told at the same time. */
class Harbour {
  readonly homeserver: Homeserver;
  readonly #folder = mkdtempSync(join(tmpdir(), "bulkhead-faults-"));
  readonly #people: Person[] = [];

  private constructor(homeserver: Homeserver) {
    this.homeserver = homeserver;
  }

  static async with<Result>(tale: (harbour: Harbour) => Promise<Result>): Promise<Result> {
    const harbour = new Harbour(await startHomeserver());
    try {
      return await tale(harbour);
    } finally {
      await harbour.#close();
    }
  }

  async newcomer(transport?: Transport): Promise<Person> {
    const name = `person${this.#people.length + 1}`;
    this.homeserver.registerUser(name, PASSWORD);
    const person = new Person(this.#folder, this.homeserver.url, name, transport);
    this.#people.push(person);
    await person.logIn(PASSWORD);
    return person;
  }

  /** A public room whose history is longer than what a sync brings. */
  async fillArchive(messages: number): Promise<string> {
    const writer = await TestUser.register(this.homeserver.url, "writer");
    const roomId = await writer.createRoom({ preset: "public_chat", name: "Archive" });
    for (let index = 0; index < messages; index += 1) await writer.say(roomId, `old ${index}`);
    return roomId;
  }

  async #close(): Promise<void> {
    this.homeserver.faults.clear();
    await Promise.all(this.#people.map((person) => person.close()));
    await this.homeserver.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// Most of a story is waiting for the next attempt.
test.concurrent.each(FAULTS)("%s, everywhere", PATIENCE, (_, fault) => Harbour.with((harbour) => story(harbour, fault)));

test.concurrent("no answer at all, everywhere", PATIENCE, () => Harbour.with((harbour) => story(harbour, { kind: "hang" }, impatient)));

test.concurrent("to-device messages out of order", PATIENCE, () => Harbour.with(outOfOrder));

async function outOfOrder(harbour: Harbour): Promise<void> {
  const { homeserver } = harbour;
  const [ada, bob] = await Promise.all([harbour.newcomer(), harbour.newcomer()]);
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
  await expectExactlyOnce(homeserver, roomId, bodies, [ada, bob]);
}

async function story(harbour: Harbour, fault: FaultKind, transport?: Transport): Promise<void> {
  const { homeserver } = harbour;
  const ada = await harbour.newcomer(transport);
  const bob = await harbour.newcomer(transport);
  const archive = await harbour.fillArchive(40);
  const handles = new Map<string, FaultHandle>();
  // Answers that make no sense are not asked for again at once: each costs the next step of the send queue's back-off.
  const times = fault.kind === "garbage" || fault.kind === "hang" ? 1 : 2;
  for (const [name, endpoint] of Object.entries(ENDPOINTS)) handles.set(name, homeserver.faults.add({ ...fault, ...endpoint, times }));

  const cyd = await harbour.newcomer(transport);
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
  await expectExactlyOnce(homeserver, roomId, bodies, [ada, bob]);
}

async function expectExactlyOnce(
  homeserver: Homeserver,
  roomId: string,
  bodies: readonly string[],
  readers: readonly Person[],
): Promise<void> {
  const accepted = homeserver.acceptedEvents(roomId).filter(({ type }) => type === "m.room.encrypted");
  expect(accepted).toHaveLength(bodies.length);
  for (const reader of readers) {
    const messages = (await reader.timeline(roomId, 1000)).filter(({ eventId }) => accepted.some((event) => event.eventId === eventId));
    expect(messages.filter(({ decrypted }) => !decrypted)).toEqual([]);
    expect(messages.map(({ body }) => body ?? "").toSorted(byCode)).toEqual(bodies.toSorted(byCode));
  }
  expect(ratchetCensus(homeserver, [roomId])).toEqual([]);
}

const byCode = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

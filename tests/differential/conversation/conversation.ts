import { objectField, stringField, type JsonObject } from "../../../crypto-worker/wire/json.ts";
import { KeyServer, TestClock } from "../../support/machine-world.ts";
import type { Seeded } from "../../support/seeded.ts";
import { Knowledge } from "./knowledge.ts";
import { OurTalker, TheirTalker, type Reading, type Talker } from "./talker.ts";

type Said = {
  readonly roomId: string;
  readonly event: JsonObject;
  readonly body: string;
  readonly maker: Talker;
  readonly sessionId: string;
  readonly index: number;
};

const USERS: readonly { readonly userId: string; readonly program: "ours" | "theirs" }[] = [
  { userId: "@ada:example.org", program: "ours" },
  { userId: "@bea:example.org", program: "theirs" },
  { userId: "@cyd:example.org", program: "ours" },
  { userId: "@dot:example.org", program: "theirs" },
];
const ROOMS = ["!one:example.org", "!two:example.org"];
const MAX_DEVICES = 9;
/** Older events are forgotten, so that a long conversation costs no more a step than a short one. */
const REMEMBERED = 300;

type Shields = Map<Talker["program"], { readonly talker: Talker; readonly shield: string | null }>;
type Step = { readonly weight: number; readonly name: string; readonly run: () => Promise<void> };

/**
 * A conversation by chance between machines of ours and of matrix-sdk-crypto's: who joins, leaves, signs in, loses messages, restarts, moves keys. After
 * every step each device is asked to read, and must be able to or not as `Knowledge` says, whoever wrote its machine.
 */
export class Conversation {
  readonly #chance: Seeded;
  readonly #server = new KeyServer();
  readonly #clock = new TestClock();
  readonly #knowledge = new Knowledge();
  readonly #talkers = new Set<Talker>();
  readonly #members = new Map<string, Set<string>>();
  readonly #changed = new Map<Talker, Set<string>>();
  readonly #events: Said[] = [];
  readonly #steps: readonly Step[];
  /** What was done, newest last: to be printed when it goes wrong. */
  readonly log: string[] = [];
  readonly done = new Map<string, number>();
  /** Marks beside messages that were compared between the two programs. */
  shieldsCompared = 0;
  readings = 0;
  #devices = 0;
  #said = 0;

  constructor(chance: Seeded) {
    this.#chance = chance;
    this.#steps = [
      { weight: 42, name: "say", run: () => this.#say() },
      { weight: 14, name: "hear", run: () => this.#hearSomebody() },
      { weight: 10, name: "look back", run: () => this.#lookBack() },
      { weight: 3, name: "sign in", run: () => this.#signIn() },
      { weight: 2, name: "sign out", run: () => this.#signOut() },
      { weight: 4, name: "join", run: () => this.#join() },
      { weight: 4, name: "leave", run: () => this.#leave() },
      { weight: 4, name: "discard", run: () => this.#discard() },
      { weight: 5, name: "restart", run: () => this.#restart() },
      { weight: 3, name: "lose", run: () => this.#lose() },
      { weight: 5, name: "reorder", run: () => this.#reorder() },
      { weight: 2, name: "repeat", run: () => this.#repeat() },
      { weight: 2, name: "move keys", run: () => this.#moveKeys() },
    ];
  }

  async begin(): Promise<void> {
    for (const { userId } of USERS) {
      const first = await this.#open(userId);
      if (this.#chance.chance(0.5)) {
        await first.signIdentity();
        this.#tellChanged(userId);
        this.log.push(`${first.deviceId} signs`);
      }
    }
    for (const roomId of ROOMS) this.#members.set(roomId, new Set(USERS.map(({ userId }) => userId)));
  }

  async step(): Promise<void> {
    const total = this.#steps.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.#chance.next() * total;
    const step = this.#steps.find(({ weight }) => (at -= weight) < 0) ?? this.#steps[0];
    if (step === undefined) return;
    this.#clock.advance(this.#chance.int(1, 1000));
    await step.run();
    this.done.set(step.name, (this.done.get(step.name) ?? 0) + 1);
  }

  end(): void {
    for (const talker of this.#talkers) talker.close();
  }

  async #say(): Promise<void> {
    const roomId = this.#room();
    const members = this.#membersOf(roomId);
    const maker = this.#talker(({ userId }) => members.has(userId));
    if (maker === undefined) return;
    // What it has not heard of yet, it cannot act on: a device that it does not know of gets nothing.
    await this.#hear(maker);
    this.#said += 1;
    const body = `message ${this.#said}`;
    const event = await maker.say(roomId, body, [...members], { loseAnswers: this.#chance.chance(0.05) });
    const sessionId = stringField(objectField(event, "content") ?? {}, "session_id") ?? "";
    const recipients = new Set([...this.#talkers].filter(({ userId }) => members.has(userId)));
    recipients.delete(maker);
    const index = this.#knowledge.said(maker, roomId, sessionId, recipients);
    this.log.push(`${maker.deviceId} says ${body} in ${roomId} (${sessionId.slice(0, 4)} ${index})`);
    const said: Said = { roomId, event, body, maker, sessionId, index };
    this.#events.push(said);
    if (this.#events.length > REMEMBERED) this.#events.shift();
    for (const talker of recipients) if (this.#chance.chance(0.75)) await this.#hear(talker);
    await this.#everyoneReads(said);
  }

  async #hearSomebody(): Promise<void> {
    const talker = this.#talker();
    if (talker !== undefined) await this.#hear(talker);
  }

  async #lookBack(): Promise<void> {
    const said = this.#events[this.#chance.int(0, Math.max(0, this.#events.length - 1))];
    if (said !== undefined) await this.#everyoneReads(said);
  }

  async #signIn(): Promise<void> {
    if (this.#talkers.size >= MAX_DEVICES) return this.#signOut();
    const user = USERS[this.#chance.int(0, USERS.length - 1)];
    if (user === undefined) return;
    const { deviceId } = await this.#open(user.userId);
    this.log.push(`${deviceId} signs in`);
  }

  async #signOut(): Promise<void> {
    const talker = this.#talker(({ userId }) => [...this.#talkers].filter((other) => other.userId === userId).length > 1);
    if (talker === undefined) return;
    this.#talkers.delete(talker);
    this.#knowledge.gone(talker);
    this.#changed.delete(talker);
    this.#server.remove(talker.userId, talker.deviceId);
    this.#tellChanged(talker.userId);
    this.log.push(`${talker.deviceId} signs out`);
    talker.close();
  }

  async #join(): Promise<void> {
    const user = USERS[this.#chance.int(0, USERS.length - 1)];
    const roomId = this.#room();
    if (user === undefined || this.#membersOf(roomId).has(user.userId)) return;
    this.#membersOf(roomId).add(user.userId);
    this.log.push(`${user.userId} joins ${roomId}`);
  }

  async #leave(): Promise<void> {
    const roomId = this.#room();
    const members = [...this.#membersOf(roomId)];
    const userId = members[this.#chance.int(0, members.length - 1)];
    if (userId === undefined || members.length < 3) return;
    this.#membersOf(roomId).delete(userId);
    this.log.push(`${userId} leaves ${roomId}`);
  }

  async #discard(): Promise<void> {
    const roomId = this.#room();
    const talker = this.#talker();
    await talker?.discard(roomId);
    this.log.push(`${talker?.deviceId} discards the key of ${roomId}`);
  }

  async #restart(): Promise<void> {
    const talker = this.#talker(({ program }) => program === "ours");
    talker?.restart();
    this.log.push(`${talker?.deviceId} restarts`);
  }

  async #lose(): Promise<void> {
    const talker = this.#talker();
    if (talker === undefined) return;
    this.#server.device(talker.userId, talker.deviceId).inbox = [];
    this.#knowledge.missed(talker);
    this.log.push(`${talker.deviceId} loses its inbox`);
  }

  async #reorder(): Promise<void> {
    const talker = this.#talker();
    if (talker === undefined) return;
    const device = this.#server.device(talker.userId, talker.deviceId);
    device.inbox = device.inbox
      .map((event) => ({ event, at: this.#chance.next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ event }) => event);
    this.log.push(`${talker.deviceId}'s inbox is shuffled`);
    await this.#hear(talker);
  }

  /** Only ours: of a message that comes twice in one sync, matrix-sdk-crypto believes that the session is broken. */
  async #repeat(): Promise<void> {
    const talker = this.#talker(({ program }) => program === "ours");
    if (talker === undefined) return;
    const { inbox } = this.#server.device(talker.userId, talker.deviceId);
    inbox.push(...inbox);
    this.log.push(`${talker.deviceId}'s inbox comes twice`);
    await this.#hear(talker);
  }

  async #moveKeys(): Promise<void> {
    const from = this.#talker();
    const to = this.#talker((talker) => talker !== from);
    if (from === undefined || to === undefined) return;
    await to.importKeys(await from.exportKeys());
    this.#knowledge.imported(from, to);
    this.log.push(`${to.deviceId} imports the keys of ${from.deviceId}`);
  }

  async #everyoneReads(said: Said): Promise<void> {
    const shields: Shields = new Map();
    for (const talker of this.#talkers) {
      const reading = await talker.read(said.roomId, said.event);
      this.readings += 1;
      const expected = this.#knowledge.expects(talker, said.sessionId, said.index);
      const actual = reading.ok ? "readable" : reading.code;
      if (!expected.some((allowed) => allowed === actual))
        throw new Error(`${talker.program} ${talker.deviceId}: ${said.body} should be ${expected.join(" or ")} and is ${actual}`);
      if (!reading.ok) continue;
      if (reading.body !== said.body) throw new Error(`${talker.deviceId} read another text`);
      this.#compareShields(shields, talker, said, reading);
    }
  }

  /** Two strangers to the sender who got the key from them must be shown the same mark, whoever wrote their machines. */
  #compareShields(shields: Shields, talker: Talker, said: Said, reading: Extract<Reading, { ok: true }>): void {
    if (talker.userId === said.maker.userId || reading.shield === "AuthenticityNotGuaranteed") return;
    if ((this.#changed.get(talker)?.size ?? 0) > 0 || !this.#talkers.has(said.maker)) return;
    const other = shields.get(talker.program === "ours" ? "theirs" : "ours");
    shields.set(talker.program, { talker, shield: reading.shield });
    if (other === undefined) return;
    this.shieldsCompared += 1;
    if (other.shield !== reading.shield)
      throw new Error(
        `beside ${said.body}, ${talker.program} ${talker.deviceId} shows ${reading.shield} and ${other.talker.deviceId} ${other.shield}`,
      );
  }

  async #hear(talker: Talker): Promise<void> {
    const changed = this.#changed.get(talker) ?? new Set();
    this.#changed.delete(talker);
    const rooms = [...this.#members.values()].filter((members) => members.has(talker.userId));
    await talker.hear([...changed], [...new Set(rooms.flatMap((members) => [...members]))]);
    this.#knowledge.heard(talker);
  }

  async #open(userId: string): Promise<Talker> {
    this.#devices += 1;
    const deviceId = `${userId.slice(1, 4).toUpperCase()}${this.#devices}`;
    const program = USERS.find((user) => user.userId === userId)?.program;
    const talker =
      program === "ours"
        ? new OurTalker(this.#server, userId, deviceId, this.#clock)
        : await TheirTalker.open(this.#server, userId, deviceId);
    this.#talkers.add(talker);
    this.#tellChanged(userId);
    return talker;
  }

  #tellChanged(userId: string): void {
    for (const talker of this.#talkers) {
      const changed = this.#changed.get(talker) ?? new Set();
      this.#changed.set(talker, changed.add(userId));
    }
  }

  #talker(suits: (talker: Talker) => boolean = () => true): Talker | undefined {
    const talkers = [...this.#talkers].filter(suits);
    return talkers[this.#chance.int(0, Math.max(0, talkers.length - 1))];
  }

  #room(): string {
    return ROOMS[this.#chance.int(0, ROOMS.length - 1)] ?? "";
  }

  #membersOf(roomId: string): Set<string> {
    return this.#members.get(roomId) ?? new Set();
  }
}

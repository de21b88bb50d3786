import type { Talker } from "./talker.ts";

type Session = {
  readonly roomId: string;
  readonly maker: Talker;
  /** How many messages it has encrypted. */
  messages: number;
  /** Who has been given it, whether or not it arrived. */
  readonly givenTo: Set<Talker>;
};

/** Who must be able to read what: the model that the machines are held against. It knows nothing of keys, only of who was given which session when. */
export class Knowledge {
  readonly #sessions = new Map<string, Session>();
  /** The first index of each session that a device can read. */
  readonly #first = new Map<Talker, Map<string, number>>();
  /** What lies in a device's inbox. */
  readonly #underWay = new Map<Talker, Map<string, number>>();
  readonly #lost = new Map<Talker, Set<string>>();

  /** The index of a message that `maker` has just encrypted for these devices. Throws where the machine should have made a new session and did not. */
  said(maker: Talker, roomId: string, sessionId: string, recipients: ReadonlySet<Talker>): number {
    let session = this.#sessions.get(sessionId);
    if (session === undefined) {
      session = { roomId, maker, messages: 0, givenTo: new Set() };
      this.#sessions.set(sessionId, session);
      this.#learn(maker, sessionId, 0);
    }
    if (session.maker !== maker || session.roomId !== roomId) throw new Error("a session of somebody else's, or of another room");
    for (const given of session.givenTo)
      if (!recipients.has(given)) throw new Error(`${given.deviceId} is not there any more, and could read on with the old session`);
    const index = session.messages;
    session.messages += 1;
    for (const recipient of recipients) {
      if (recipient === maker || session.givenTo.has(recipient)) continue;
      session.givenTo.add(recipient);
      mapOf(this.#underWay, recipient).set(sessionId, index);
    }
    return index;
  }

  /** A device has read its inbox. */
  heard(talker: Talker): void {
    for (const [sessionId, index] of mapOf(this.#underWay, talker)) this.#learn(talker, sessionId, index);
    this.#underWay.delete(talker);
  }

  /**
   * A device's inbox was lost. It may come to the sessions in it all the same: who begins a new Olm session with their makers is given them again, from
   * whatever index they are at.
   */
  missed(talker: Talker): void {
    const lost = this.#lost.get(talker) ?? new Set();
    this.#lost.set(talker, lost);
    for (const sessionId of mapOf(this.#underWay, talker).keys()) lost.add(sessionId);
    this.#underWay.delete(talker);
  }

  imported(from: Talker, to: Talker): void {
    for (const sessionId of this.#lost.get(from) ?? []) this.#lost.set(to, (this.#lost.get(to) ?? new Set()).add(sessionId));
    for (const [sessionId, index] of mapOf(this.#first, from)) this.#learn(to, sessionId, index);
  }

  gone(talker: Talker): void {
    this.#first.delete(talker);
    this.#lost.delete(talker);
    this.#underWay.delete(talker);
  }

  expects(talker: Talker, sessionId: string, index: number): readonly ("readable" | "missing" | "index")[] {
    const first = mapOf(this.#first, talker).get(sessionId);
    if (first !== undefined && first <= index) return ["readable"];
    if (this.#lost.get(talker)?.has(sessionId) === true) return ["readable", "missing", "index"];
    return first === undefined ? ["missing"] : ["index"];
  }

  #learn(talker: Talker, sessionId: string, index: number): void {
    const known = mapOf(this.#first, talker);
    known.set(sessionId, Math.min(index, known.get(sessionId) ?? Number.POSITIVE_INFINITY));
  }
}

function mapOf(maps: Map<Talker, Map<string, number>>, talker: Talker): Map<string, number> {
  const known = maps.get(talker) ?? new Map<string, number>();
  maps.set(talker, known);
  return known;
}

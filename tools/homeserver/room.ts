import { objectOr, stringOr, type JsonObject } from "./json.ts";

export type Membership = "join" | "invite" | "knock" | "leave" | "ban";

export type RoomEvent = {
  readonly position: number;
  readonly eventId: string;
  readonly roomId: string;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly originServerTs: number;
  readonly redacts: string | undefined;
  readonly transaction: { readonly deviceId: string; readonly transactionId: string } | undefined;
  /** The state event that this one replaced. */
  readonly replaces: RoomEvent | undefined;
  content: JsonObject;
  redactedBecause: RoomEvent | undefined;
};

/** One room: its events in order, and its state at every point of them. */
export class Room {
  readonly roomId: string;
  readonly version: string;
  readonly timeline: RoomEvent[] = [];
  readonly forgottenBy = new Set<string>();
  isPublished = false;
  readonly #byId = new Map<string, RoomEvent>();
  readonly #state = new Map<string, RoomEvent[]>();
  readonly #related = new Map<string, RoomEvent[]>();
  readonly #memberCounts = new Map<Membership, number>();

  constructor(roomId: string, version: string) {
    this.roomId = roomId;
    this.version = version;
  }

  append(event: RoomEvent): void {
    if (event.type === "m.room.member" && event.stateKey !== undefined) {
      const before = this.membership(event.stateKey);
      const after = membershipIn(event);
      this.#memberCounts.set(before, this.memberCount(before) - 1);
      this.#memberCounts.set(after, this.memberCount(after) + 1);
    }
    this.timeline.push(event);
    this.#byId.set(event.eventId, event);
    if (event.stateKey !== undefined) push(this.#state, stateId(event.type, event.stateKey), event);
    const relatesTo = stringOr(objectOr(event.content["m.relates_to"])["event_id"], undefined);
    if (relatesTo !== undefined) push(this.#related, relatesTo, event);
  }

  get lastPosition(): number {
    return this.timeline.at(-1)?.position ?? 0;
  }

  find(eventId: string): RoomEvent | undefined {
    return this.#byId.get(eventId);
  }

  /** Events that relate to the given one, oldest first, without redacted ones. */
  relatedTo(eventId: string): RoomEvent[] {
    return (this.#related.get(eventId) ?? []).filter((event) => event.redactedBecause === undefined);
  }

  /** Index of the first event after a position. */
  indexAfter(position: number): number {
    let low = 0;
    let high = this.timeline.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.timeline[middle]?.position ?? Infinity) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A state event as of a position (its own included), or the current one. */
  state(type: string, stateKey = "", at = Infinity): RoomEvent | undefined {
    const history = this.#state.get(stateId(type, stateKey));
    return history === undefined ? undefined : lastUpTo(history, at);
  }

  stateHistory(type: string, stateKey = ""): readonly RoomEvent[] {
    return this.#state.get(stateId(type, stateKey)) ?? [];
  }

  allState(at = Infinity): RoomEvent[] {
    const state: RoomEvent[] = [];
    for (const history of this.#state.values()) {
      const event = lastUpTo(history, at);
      if (event !== undefined) state.push(event);
    }
    return state;
  }

  membership(userId: string, at = Infinity): Membership {
    const event = this.state("m.room.member", userId, at);
    return event === undefined ? "leave" : membershipIn(event);
  }

  /** Whether the user has ever been invited, joined, or otherwise mentioned as a member. */
  knows(userId: string): boolean {
    return this.#state.has(stateId("m.room.member", userId));
  }

  members(membership: Membership, at = Infinity): string[] {
    return this.memberEvents(at).flatMap((event) =>
      membershipIn(event) === membership && event.stateKey !== undefined ? [event.stateKey] : [],
    );
  }

  memberEvents(at = Infinity): RoomEvent[] {
    return this.allState(at).filter((event) => event.type === "m.room.member");
  }

  memberCount(membership: Membership): number {
    return this.#memberCounts.get(membership) ?? 0;
  }

  /** The position of the join that started the user's present stay, or undefined if they are not joined. */
  joinedSince(userId: string): number | undefined {
    let since: number | undefined;
    for (const event of this.stateHistory("m.room.member", userId)) {
      if (membershipIn(event) !== "join") since = undefined;
      else since ??= event.position;
    }
    return since;
  }

  /** A field of a piece of room state, such as the name. */
  stateField(type: string, field: string, at = Infinity): string | undefined {
    return stringOr(this.state(type, "", at)?.content[field], undefined);
  }
}

export function membershipIn(event: RoomEvent): Membership {
  switch (event.content["membership"]) {
    case "join":
      return "join";
    case "invite":
      return "invite";
    case "knock":
      return "knock";
    case "ban":
      return "ban";
    default:
      return "leave";
  }
}

function stateId(type: string, stateKey: string): string {
  return `${type}\0${stateKey}`;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function lastUpTo(history: readonly RoomEvent[], at: number): RoomEvent | undefined {
  for (let index = history.length - 1; index >= 0; index--) {
    const event = history[index];
    if (event !== undefined && event.position <= at) return event;
  }
  return undefined;
}

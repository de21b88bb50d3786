import type { EventId, RoomId, UserId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";
import { flowIdOf } from "./flow-address.ts";
import { isEnded, type Flow } from "./flow.ts";
import { RollbackMap } from "./rollback-map.ts";

/** A flow and what only this device knows of it. */
export type StoredFlow = {
  readonly flow: Flow;
  /** The transaction id of our own request, which names a flow in a room until its event has an id. */
  readonly requestId: string;
  readonly endedAt: number | undefined;
};

/** Ended ones stay readable for a while. */
const KEEP_ENDED_MS = 10 * 60_000;
const MAX_FLOWS = 200;

/**
 * The verifications of this run of the program. They are not on disk, as in other clients: a restart ends them, and the other side notices by its time
 * limits. What came of them, trust and signatures, is in the store.
 */
export class FlowStore {
  readonly #context: MachineContext;
  readonly #flows: RollbackMap<string, StoredFlow>;
  #revision = 0;

  constructor(context: MachineContext) {
    this.#context = context;
    this.#flows = new RollbackMap(context.store);
  }

  /** Moves with every change of a flow, also with one that is rolled back. */
  get revision(): number {
    return this.#revision;
  }

  get isFull(): boolean {
    return this.#flows.size >= MAX_FLOWS;
  }

  get isEmpty(): boolean {
    return this.#flows.size === 0;
  }

  /** By the flow's id, or by the id under which our own request was made. */
  find(userId: UserId, flowId: string): StoredFlow | undefined {
    const stored = this.#flows.get(keyOf(userId, flowId));
    return stored ?? this.#flows.values().find(({ flow, requestId }) => flow.userId === userId && requestId === flowId);
  }

  /** Whoever sent it: in a room, other devices of ours are heard too. */
  findInRoom(roomId: RoomId, eventId: EventId): StoredFlow | undefined {
    return this.#flows.values().find(({ flow: { address } }) => isInRoom(address, roomId) && flowIdOf(address) === eventId);
  }

  /** Our requests of which the server's answer is not here yet. */
  unsentIn(roomId: RoomId): StoredFlow[] {
    return this.#flows.values().filter(({ flow }) => isInRoom(flow.address, roomId) && flowIdOf(flow.address) === "" && !isEnded(flow));
  }

  unsent(requestId: string): StoredFlow | undefined {
    return this.#flows.values().find((stored) => stored.requestId === requestId && flowIdOf(stored.flow.address) === "");
  }

  all(): StoredFlow[] {
    return this.#flows.values();
  }

  ongoingWith(userId: UserId): StoredFlow[] {
    return this.#flows.values().filter(({ flow }) => flow.userId === userId && !isEnded(flow));
  }

  save(flow: Flow, requestId: string): StoredFlow {
    const key = keyOf(flow.userId, flowIdOf(flow.address) || requestId);
    const stored = { flow, requestId, endedAt: isEnded(flow) ? (this.#flows.get(key)?.endedAt ?? this.#context.env.now()) : undefined };
    this.#flows.set(key, stored);
    this.#revision += 1;
    return stored;
  }

  /** The event of our request has its id. */
  bind({ flow, requestId }: StoredFlow, eventId: EventId): StoredFlow {
    if (flow.address.kind !== "in-room") throw new Error("only a flow in a room waits for an event id");
    this.#flows.delete(keyOf(flow.userId, requestId));
    return this.save({ ...flow, address: { ...flow.address, eventId } }, requestId);
  }

  /** Forgets what ended long ago, and the oldest of too many. */
  collect(): void {
    const now = this.#context.env.now();
    const ended = this.#flows.entries().filter(([, { endedAt }]) => endedAt !== undefined);
    ended.forEach(([key, { endedAt }], i) => {
      if (now - (endedAt ?? now) <= KEEP_ENDED_MS && ended.length - i <= MAX_FLOWS / 4) return;
      this.#flows.delete(key);
      this.#revision += 1;
    });
  }

  close(): void {
    this.#flows.close();
  }
}

function isInRoom(address: Flow["address"], roomId: RoomId): boolean {
  return address.kind === "in-room" && address.roomId === roomId;
}

/** Neither id can hold the separator. */
function keyOf(userId: UserId, flowId: string): string {
  return `${userId}\n${flowId}`;
}

import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import { REQUEST_TIMEOUT } from "../../machine/verification/request.ts";
import { inBackground } from "../background.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import type { RequestPump } from "../pump.ts";
import { fillGap } from "../timeline/pagination.ts";
import { isVerificationEvent, takeVerificationEvent, type RoomEventFacts } from "./verification-intake.ts";

/** A gap that has opened in a timeline, as far as verifications in the room are concerned. */
export type VerificationGap = {
  readonly roomId: RoomId;
  /** Of the first event after it. */
  readonly position: number;
  /** What verifications have said after it. */
  readonly after: RoomEventFacts[];
};

const PAGE = 100;
/** A room in which more is said in ten minutes is no place for a verification. */
const MAX_PAGES = 5;

/** Whether a verification that said something then can go on now. */
export function isInTime(originServerTs: number, now: number): boolean {
  return now - originServerTs <= REQUEST_TIMEOUT;
}

/**
 * Reads the gap that a busy room or a lost line left, for what verifications have said in it. What comes after the gap waits meanwhile, as the machine needs
 * it in order. Only as far back as a verification lives, and only where one is likely: one is under way there, something was said of one, or it is a direct chat.
 */
export class VerificationGaps {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;

  constructor(context: ClientContext, pump: RequestPump) {
    this.#context = context;
    this.#pump = pump;
  }

  /** After a commit. */
  observe(changes: Changes): void {
    const { heldVerifications } = this.#context;
    for (const gap of changes.verificationGaps) {
      const held = heldVerifications.get(gap.roomId);
      if (held !== undefined) held.push(...gap.after);
      else if (this.#matters(gap)) {
        heldVerifications.set(gap.roomId, gap.after);
        inBackground(this.#context, this.#read(gap));
      }
    }
  }

  #matters({ roomId, after }: VerificationGap): boolean {
    const { machine, store } = this.#context;
    if (after.length > 0 || store.rooms.summary(roomId)?.kind === "dm") return true;
    return machine.getVerificationRequests().some((flow) => flow.roomId === roomId && flow.phase !== "done" && flow.phase !== "cancelled");
  }

  async #read({ roomId, position, after }: VerificationGap): Promise<void> {
    const { heldVerifications, log, isClosed, commit } = this.#context;
    const found: RoomEventFacts[] = [];
    try {
      await this.#collect(roomId, position, found);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      log.warn("request.failed", { kind: "verification", code: error.code });
    } finally {
      heldVerifications.delete(roomId);
    }
    if (isClosed()) return;
    commit(() => {
      for (const event of [...found, ...after]) takeVerificationEvent(this.#context, roomId, event);
    });
    this.#pump.trigger();
  }

  /** Oldest first. */
  async #collect(roomId: RoomId, position: number, found: RoomEventFacts[]): Promise<void> {
    const { store, env, isClosed } = this.#context;
    for (let page = 0; page < MAX_PAGES && !isClosed(); page++) {
      const gap = store.gaps.before(roomId, position);
      if (gap === undefined) return;
      const times: number[] = [];
      await fillGap(this.#context, roomId, gap.position, PAGE, (event) => {
        times.push(event.originServerTs);
        if (isVerificationEvent(event.type, event.content)) found.unshift(event);
      });
      if (!times.some((time) => isInTime(time, env.now()))) return;
    }
  }
}

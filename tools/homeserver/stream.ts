/**
 * The server's one clock: every change takes the next position, and a sync answers with the changes between two positions.
 * It is also the bus that wakes long polls.
 */
export class Stream {
  #position = 0;
  readonly #waiting = new Map<string, Set<() => void>>();

  get position(): number {
    return this.#position;
  }

  advance(): number {
    return ++this.#position;
  }

  wake(userIds: Iterable<string>): void {
    for (const userId of userIds) for (const resume of Array.from(this.#waiting.get(userId) ?? [])) resume();
  }

  wakeAll(): void {
    this.wake([...this.#waiting.keys()]);
  }

  /** Resolves at the user's next change, after the timeout, or when the client has gone. */
  wait(userId: string, timeoutMs: number, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(userId) ?? new Set();
      this.#waiting.set(userId, waiting);
      const resume = () => {
        waiting.delete(resume);
        clearTimeout(timer);
        gone.removeEventListener("abort", resume);
        resolve();
      };
      const timer = setTimeout(resume, timeoutMs);
      waiting.add(resume);
      if (gone.aborted) resume();
      else gone.addEventListener("abort", resume);
    });
  }
}

/** Where a sync stands: in everything, and in the to-device queue, which is handed out in portions. */
export type SyncToken = { position: number; toDevice: number };

export function encodeSyncToken({ position, toDevice }: SyncToken): string {
  return `s${position}_${toDevice}`;
}

export function parseSyncToken(token: string): SyncToken | undefined {
  const [, position, toDevice] = /^s(\d{1,15})_(\d{1,15})$/.exec(token) ?? [];
  return position === undefined || toDevice === undefined ? undefined : { position: Number(position), toDevice: Number(toDevice) };
}

/** A point between events of a room: after the event with this position. Sync tokens serve as such points too. */
export function encodeTimelineToken(position: number): string {
  return `t${position}`;
}

export function parseTimelineToken(token: string): number | undefined {
  const position = /^[st](\d{1,15})(?:_\d{1,15})?$/.exec(token)?.[1];
  return position === undefined ? undefined : Number(position);
}

type Change = { position: number; userId: string; seenBy: string | undefined };

/** The stream of device list changes, whose reading needs to know who shares rooms (see `device-list-delta.ts`). */
export class DeviceLists {
  readonly #changes: Change[] = [];

  /** With `seenBy`, a change that only this user sees: a signature of theirs on somebody else's key. */
  record(position: number, userId: string, seenBy?: string): void {
    this.#changes.push({ position, userId, seenBy });
  }

  changedBetween(since: number, until: number, viewer: string): Set<string> {
    const changed = new Set<string>();
    for (let index = this.#changes.length - 1; index >= 0; index--) {
      const change = this.#changes[index];
      if (change === undefined || change.position <= since) break;
      if (change.position <= until && (change.seenBy === undefined || change.seenBy === viewer)) changed.add(change.userId);
    }
    return changed;
  }
}

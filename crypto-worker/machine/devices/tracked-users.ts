import type { UserId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";

/**
 * Whose device lists we follow, and which of them are out of date. Every invalidation takes the next sequence number, and a query cleans a user only if
 * none came after it was made: otherwise its answer may be older than the change (E2EE §Tracking the device list for a user).
 */
export class TrackedUsers {
  readonly #context: MachineContext;
  #sequence = 0;
  /** User → number of the last invalidation; 0 for one who is up to date. */
  #users: Map<UserId, number> | undefined;
  readonly #dirty = new Set<UserId>();

  constructor(context: MachineContext) {
    this.#context = context;
  }

  isTracked(userId: UserId): boolean {
    return this.#load().has(userId);
  }

  isDirty(userId: UserId): boolean {
    return (this.#load().get(userId) ?? 0) > 0;
  }

  all(): UserId[] {
    return [...this.#load().keys()];
  }

  dirty(): UserId[] {
    this.#load();
    return [...this.#dirty];
  }

  /** The number of the last invalidation of anyone: what a query that is made now will have seen. */
  get sequence(): number {
    return this.#sequence;
  }

  lastInvalidation(userId: UserId): number {
    return this.#load().get(userId) ?? 0;
  }

  track(userId: UserId): void {
    if (!this.#load().has(userId)) this.#invalidate(userId, true);
  }

  /** Our own user stays tracked: device lists never mention us as left, and our other devices matter always. */
  untrack(userId: UserId): void {
    if (userId === this.#context.userId || !this.#load().delete(userId)) return;
    this.#dirty.delete(userId);
    this.#context.store.trackedUsers.remove(userId);
  }

  /** The `device_lists` of a sync. Someone in both lists left one room and shares another now. */
  update(changed: readonly UserId[], left: readonly UserId[]): void {
    for (const userId of changed) this.markDirty(userId);
    const kept = new Set(changed);
    for (const userId of left) if (!kept.has(userId)) this.untrack(userId);
  }

  markDirty(userId: UserId): void {
    const last = this.#load().get(userId);
    if (last !== undefined) this.#invalidate(userId, last === 0);
  }

  markAllDirty(): void {
    for (const userId of this.#load().keys()) this.#invalidate(userId, false);
    this.#context.store.trackedUsers.markAllDirty();
  }

  /** The answer to a query that was made at `sequence` arrived. */
  markClean(userId: UserId, sequence: number): void {
    const last = this.#load().get(userId);
    if (last === undefined || last === 0 || last > sequence) return;
    this.#users?.set(userId, 0);
    this.#dirty.delete(userId);
    this.#context.store.trackedUsers.save(userId, false);
  }

  /** Forgets what is in memory; after a rollback. The sequence goes on, so that queries from before clean nobody. */
  drop(): void {
    this.#users = undefined;
    this.#dirty.clear();
  }

  #invalidate(userId: UserId, write: boolean): void {
    this.#sequence += 1;
    this.#users?.set(userId, this.#sequence);
    this.#dirty.add(userId);
    if (write) this.#context.store.trackedUsers.save(userId, true);
  }

  #load(): Map<UserId, number> {
    if (this.#users !== undefined) return this.#users;
    const users = new Map<UserId, number>();
    this.#sequence += 1;
    for (const { userId, dirty } of this.#context.store.trackedUsers.all()) {
      users.set(userId, dirty ? this.#sequence : 0);
      if (dirty) this.#dirty.add(userId);
    }
    this.#users = users;
    return users;
  }
}

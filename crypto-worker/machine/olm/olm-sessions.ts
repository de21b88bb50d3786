import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import type { PickledOlmSession } from "../../primitives/crew/tasks.ts";
import { OlmSession } from "../../primitives/olm-session.ts";
import { StoreError } from "../../store/types.ts";
import type { OlmSessionRecord } from "../../store/tables/olm-sessions.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";

/** libolm objects take about 3 kB each outside the JavaScript heap. */
const MAX_CACHED_DEVICES = 1000;
/** More than that many sessions with one device come from faults only; the ones used longest ago go first. */
export const MAX_SESSIONS_PER_DEVICE = 10;

/** One Olm session with a device. `use` gives libolm's object, made when first needed. */
export type SessionEntry = { readonly sessionId: string; readonly createdTs: number; readonly use: () => OlmSession };

type Entry = SessionEntry & {
  readonly curve25519: Curve25519PublicKey;
  usedTs: number;
  dirty: boolean;
  pickle: string | undefined;
  handle: OlmSession | undefined;
};
type DeviceSessions = { readonly curve25519: Curve25519PublicKey; readonly entries: Entry[] };

/**
 * The Olm sessions with every device, cached within bounds. A moved ratchet is marked and written with `flush`, at the latest when it leaves the cache;
 * a rollback drops everything unwritten.
 */
export class OlmSessions {
  readonly #context: MachineContext;
  readonly #cache: LruMap<Curve25519PublicKey, DeviceSessions>;
  readonly #dirty = new Set<Entry>();

  constructor(context: MachineContext) {
    this.#context = context;
    this.#cache = new LruMap(MAX_CACHED_DEVICES, ({ entries }) => {
      for (const entry of entries) {
        if (entry.dirty) this.#write(entry);
        free(entry);
      }
    });
  }

  has(curve25519: Curve25519PublicKey): boolean {
    return this.#load(curve25519).length > 0;
  }

  /**
   * The one to encrypt with comes first: the one that decrypted a message most recently, a new one counting from its creation (E2EE §m.olm.v1).
   * A copy: sessions may be added while it is walked.
   */
  withDevice(curve25519: Curve25519PublicKey): readonly SessionEntry[] {
    return [...this.#load(curve25519)];
  }

  newestCreatedTs(curve25519: Curve25519PublicKey): number | undefined {
    const entries = this.#load(curve25519);
    return entries.length === 0 ? undefined : Math.max(...entries.map(({ createdTs }) => createdTs));
  }

  /** Takes a new session over and stores it; it is then the one to encrypt with. */
  add(curve25519: Curve25519PublicKey, session: OlmSession): void {
    const { sessionId } = session;
    const entry = this.addPickled(curve25519, { sessionId, pickle: session.pickle(this.#context.pickleKey) });
    entry.handle = session;
    entry.pickle = undefined;
  }

  /** The same with the pickle of a new session. */
  addPickled(curve25519: Curve25519PublicKey, { sessionId, pickle }: PickledOlmSession): Entry {
    const entries = this.#load(curve25519);
    const now = this.#context.env.now();
    const record = { sessionId, curve25519, pickle, createdTs: now, usedTs: nextUse(entries, now) };
    const entry = newEntry(record, this.#unpickle);
    this.#context.store.olmSessions.insert(record);
    entries.unshift(entry);
    for (const dropped of entries.splice(MAX_SESSIONS_PER_DEVICE)) {
      this.#context.store.olmSessions.remove(curve25519, dropped.sessionId);
      this.#dirty.delete(dropped);
      free(dropped);
    }
    return entry;
  }

  /** Its ratchet moved by an encryption. */
  markEncrypted(session: SessionEntry): void {
    const entry = this.#own(session);
    entry.dirty = true;
    this.#dirty.add(entry);
  }

  /** What it is at now. SECURITY: whoever encrypts from it has to give the result to `replacePickle`. */
  pickled(session: SessionEntry): string {
    const entry = this.#own(session);
    return entry.pickle ?? entry.use().pickle(this.#context.pickleKey);
  }

  /** Its ratchet was moved by somebody who started from `pickled`. */
  replacePickle(session: SessionEntry, pickle: string): void {
    const entry = this.#own(session);
    free(entry);
    entry.pickle = pickle;
    this.markEncrypted(entry);
  }

  /** Its ratchet moved by a decryption, so that it becomes the one to encrypt with. */
  markDecrypted(curve25519: Curve25519PublicKey, session: SessionEntry): void {
    const entry = this.#own(session);
    const entries = this.#load(curve25519);
    const others = entries.filter((other) => other !== entry);
    entry.usedTs = nextUse(others, Math.max(entry.usedTs, this.#context.env.now()));
    entries.splice(0, entries.length, entry, ...others);
    this.markEncrypted(entry);
  }

  /** Writes every moved ratchet, within the caller's transaction. */
  flush(): void {
    for (const entry of this.#dirty) this.#write(entry);
    this.#dirty.clear();
  }

  /** Forgets what is in memory without writing; after a rollback, and to close. */
  drop(): void {
    for (const entry of this.#dirty) entry.dirty = false;
    this.#dirty.clear();
    this.#cache.clear();
  }

  #write(entry: Entry): void {
    entry.dirty = false;
    this.#dirty.delete(entry);
    const { curve25519, sessionId, usedTs } = entry;
    this.#context.store.olmSessions.update({ curve25519, sessionId, pickle: this.pickled(entry), usedTs });
  }

  #load(curve25519: Curve25519PublicKey): Entry[] {
    const cached = this.#cache.get(curve25519);
    if (cached !== undefined) return cached.entries;
    const entries = this.#context.store.olmSessions.withDevice(curve25519).map((row) => newEntry(row, this.#unpickle));
    this.#cache.set(curve25519, { curve25519, entries });
    return entries;
  }

  #own(session: SessionEntry): Entry {
    if (!isEntry(session)) throw new Error("a session that was not made here");
    return session;
  }

  readonly #unpickle = (pickle: string): OlmSession => {
    const session = OlmSession.unpickle(pickle, this.#context.pickleKey);
    if (!session.ok) throw new StoreError("corrupt");
    return session.value;
  };
}

function newEntry(record: OlmSessionRecord, unpickle: (pickle: string) => OlmSession): Entry {
  const entry: Entry = {
    ...record,
    dirty: false,
    handle: undefined,
    use: () => {
      if (entry.handle === undefined) {
        if (entry.pickle === undefined) throw new Error("Olm session used after it left the cache");
        entry.handle = unpickle(entry.pickle);
        entry.pickle = undefined;
      }
      return entry.handle;
    },
  };
  return entry;
}

function isEntry(session: SessionEntry): session is Entry {
  return "dirty" in session;
}

function free(entry: Entry): void {
  entry.handle?.free();
  entry.handle = undefined;
  entry.pickle = undefined;
}

/** Keeps the order strict where the clock stands still or goes backwards. */
function nextUse(others: readonly Entry[], now: number): number {
  return others.reduce((latest, { usedTs }) => Math.max(latest, usedTs + 1), now);
}

import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Result } from "../../../protocol/result.ts";
import { MAX_ONE_TIME_KEYS, type IdentityKeys, type KeptKey } from "../../primitives/account-pickle.ts";
import { Account } from "../../primitives/account.ts";
import type { Crew } from "../../primitives/crew/crew.ts";
import type { OlmPeer, PickledOlmSession } from "../../primitives/crew/tasks.ts";
import type { OlmFailure } from "../../primitives/olm-error.ts";
import { PickleCipher } from "../../primitives/olm-pickle.ts";
import type { OlmSession } from "../../primitives/olm-session.ts";
import type { CryptoStore } from "../../store/store.ts";
import type { AccountRecord } from "../../store/tables/account.ts";
import { StoreError } from "../../store/types.ts";
import type { Env } from "../env.ts";
import { decideFallbackKey, decideForgettingFallbackKey, decideOneTimeKeys } from "./key-supply.ts";

const PICKLE_KEY_BYTES = 32;

type Loaded = { readonly handle: Account; record: AccountRecord; handleChanged: boolean; recordChanged: boolean };

/**
 * Our Olm account: its keys and the row that they live in. Changes stay in memory until `flush`, which every public call of the machine ends
 * with inside its transaction; a rollback drops the object, and the next use loads it again.
 */
export class OlmAccount {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly identityKeys: IdentityKeys;
  readonly pickleKey: Uint8Array;
  readonly createdTs: number;
  readonly #store: CryptoStore;
  readonly #env: Env;
  readonly #cipher: PickleCipher;
  #loaded: Loaded | undefined;

  private constructor(store: CryptoStore, env: Env, loaded: Loaded, cipher = new PickleCipher(loaded.record.pickleKey)) {
    const { record } = loaded;
    this.#store = store;
    this.#env = env;
    this.#loaded = loaded;
    this.#cipher = cipher;
    this.userId = record.userId;
    this.deviceId = record.deviceId;
    this.identityKeys = loaded.handle.identityKeys;
    this.pickleKey = record.pickleKey;
    this.createdTs = record.createdTs;
  }

  /**
   * Loads the account of the store, or makes one where there is none; within the caller's transaction.
   * @throws StoreError `other-account` when the store belongs to another user or device, `corrupt` when its pickle cannot be read
   */
  static open(store: CryptoStore, env: Env, userId: UserId, deviceId: DeviceId): { readonly account: OlmAccount; readonly isNew: boolean } {
    const record = store.account.load();
    if (record === undefined) return { account: OlmAccount.#create(store, env, userId, deviceId), isNew: true };
    if (record.userId !== userId || record.deviceId !== deviceId) throw new StoreError("other-account");
    const loaded = { handle: unpickle(record), record, handleChanged: false, recordChanged: false };
    return { account: new OlmAccount(store, env, loaded), isNew: false };
  }

  static #create(store: CryptoStore, env: Env, userId: UserId, deviceId: DeviceId): OlmAccount {
    const handle = Account.create();
    const pickleKey = env.randomBytes(PICKLE_KEY_BYTES);
    const cipher = new PickleCipher(pickleKey);
    const record: AccountRecord = {
      userId,
      deviceId,
      pickle: handle.pickle(cipher),
      pickleKey,
      signingSeed: handle.signingSeed,
      createdTs: env.now(),
      deviceKeysUploaded: false,
      serverOneTimeKeys: undefined,
      heldOneTimeKeys: 0,
      oneTimeKeysTs: undefined,
      fallbackKeyTs: undefined,
      fallbackKeys: [],
      fallbackKeyUsed: undefined,
      metFallbackKeys: [],
      formerFallbackKeyTs: undefined,
    };
    store.account.save(record);
    return new OlmAccount(store, env, { handle, record, handleChanged: false, recordChanged: false }, cipher);
  }

  get deviceKeysUploaded(): boolean {
    return this.#load().record.deviceKeysUploaded;
  }

  /** Signature of our device over the UTF-8 bytes, in unpadded base64. Bound, so that it can be passed on. */
  readonly sign = (message: string): string => this.#load().handle.sign(message);

  /** The same for many, in their order; the other threads of the crew begin when the first is asked for. */
  signAll(crew: Crew, messages: readonly string[]): Generator<string, void, undefined> {
    return this.#load().handle.signAll(crew, messages);
  }

  /** In the order of `peers`, ready to be stored; undefined where a key is of low order. The caller has verified the one-time keys' signatures. */
  createOutboundSessions(crew: Crew, peers: readonly OlmPeer[]): Generator<PickledOlmSession | undefined, void, undefined> {
    return this.#load().handle.createOutboundSessions(crew, peers, this.pickleKey);
  }

  createInboundSession(theirKey: Curve25519PublicKey, preKeyBody: string): Result<OlmSession, OlmFailure> {
    return this.#load().handle.createInboundSession(theirKey, preKeyBody);
  }

  /**
   * Drops the private key that an incoming session was made with, once its first message has decrypted and in the transaction that stores the session.
   * A fallback key stays for others.
   */
  removeOneTimeKey(oneTimeKey: Curve25519PublicKey): void {
    const loaded = this.#load();
    if (loaded.record.fallbackKeys.includes(oneTimeKey)) return this.#meetFallbackKey(oneTimeKey);
    loaded.handle.removeOneTimeKey(oneTimeKey);
    loaded.handleChanged = true;
    this.#change({ heldOneTimeKeys: Math.max(0, loaded.record.heldOneTimeKeys - 1) });
  }

  /** Those that the server is not known to have. */
  unpublishedOneTimeKeys(): readonly KeptKey[] {
    return this.#load().handle.unpublishedOneTimeKeys();
  }

  unpublishedFallbackKey(): KeptKey | undefined {
    return this.#load().handle.unpublishedFallbackKey();
  }

  /** Makes one-time and fallback keys as far as the server needs them. Nothing while earlier ones wait to be published. */
  generateMissingKeys(crew: Crew): void {
    const { handle, record } = this.#load();
    const now = this.#env.now();
    const count = handle.unpublishedOneTimeKeys().length > 0 ? 0 : decideOneTimeKeys(record, MAX_ONE_TIME_KEYS, now);
    if (count > 0) {
      handle.generateOneTimeKeys(count, crew);
      this.#changeHandle({ heldOneTimeKeys: Math.min(record.heldOneTimeKeys + count, MAX_ONE_TIME_KEYS), oneTimeKeysTs: now });
    }
    if (handle.unpublishedFallbackKey() === undefined && decideFallbackKey(record, now)) {
      handle.generateFallbackKey();
      const made = handle.unpublishedFallbackKey();
      const fallbackKeys = made === undefined ? record.fallbackKeys : [made.key, ...record.fallbackKeys].slice(0, 2);
      const met = record.fallbackKeyUsed === true ? record.metFallbackKeys : [...record.fallbackKeys, ...record.metFallbackKeys];
      const metFallbackKeys = fallbackKeys.filter((key) => met.includes(key));
      this.#changeHandle({ fallbackKeyTs: now, fallbackKeys, metFallbackKeys, formerFallbackKeyTs: undefined });
    }
  }

  /** The former fallback key, once it has served: what was written with it can then not be read by who steals this account. */
  forgetFormerFallbackKey(): void {
    const { handle, record } = this.#load();
    if (!decideForgettingFallbackKey(record, this.#env.now())) return;
    handle.forgetFormerFallbackKey();
    const fallbackKeys = record.fallbackKeys.slice(0, 1);
    const metFallbackKeys = record.metFallbackKeys.filter((key) => fallbackKeys.includes(key));
    this.#changeHandle({ fallbackKeys, metFallbackKeys, formerFallbackKeyTs: undefined });
  }

  /** The server has everything that was unpublished. `serverOneTimeKeys` is from its answer; undefined when that was unreadable. */
  markKeysAsPublished(
    published: { readonly deviceKeys: boolean; readonly fallbackKey: boolean },
    serverOneTimeKeys: number | undefined,
  ): void {
    const { handle, record } = this.#load();
    handle.markKeysAsPublished();
    this.#changeHandle({
      deviceKeysUploaded: record.deviceKeysUploaded || published.deviceKeys,
      ...(published.fallbackKey ? { fallbackKeyUsed: false } : {}),
      ...(serverOneTimeKeys === undefined ? {} : { serverOneTimeKeys }),
    });
    this.#noteFormerFallbackKey();
  }

  /** What a sync tells about our keys; undefined means that it tells nothing. */
  updateServerKeys(update: { readonly oneTimeKeys: number | undefined; readonly fallbackKeyUsed: boolean | undefined }): void {
    const { record } = this.#load();
    if (update.oneTimeKeys !== undefined && update.oneTimeKeys !== record.serverOneTimeKeys)
      this.#change({ serverOneTimeKeys: update.oneTimeKeys });
    if (update.fallbackKeyUsed !== undefined && update.fallbackKeyUsed !== record.fallbackKeyUsed)
      this.#change({ fallbackKeyUsed: update.fallbackKeyUsed });
  }

  /** Writes what changed, within the caller's transaction. */
  flush(): void {
    const loaded = this.#loaded;
    if (loaded === undefined || !(loaded.handleChanged || loaded.recordChanged)) return;
    if (loaded.handleChanged) loaded.record = { ...loaded.record, pickle: loaded.handle.pickle(this.#cipher) };
    this.#store.account.save(loaded.record);
    loaded.handleChanged = false;
    loaded.recordChanged = false;
  }

  /** Forgets what is in memory; after a rollback, and to close. */
  drop(): void {
    this.#loaded?.handle.free();
    this.#loaded = undefined;
  }

  #meetFallbackKey(key: Curve25519PublicKey): void {
    const { metFallbackKeys } = this.#load().record;
    if (metFallbackKeys.includes(key)) return;
    this.#change({ metFallbackKeys: [...metFallbackKeys, key] });
    this.#noteFormerFallbackKey();
  }

  /** While the new one is not on the server, the former one is still handed out. */
  #noteFormerFallbackKey(): void {
    const { handle, record } = this.#load();
    const [, former] = record.fallbackKeys;
    const isSettled = former !== undefined && record.metFallbackKeys.includes(former) && handle.unpublishedFallbackKey() === undefined;
    if (isSettled && record.formerFallbackKeyTs === undefined) this.#change({ formerFallbackKeyTs: this.#env.now() });
  }

  #load(): Loaded {
    if (this.#loaded === undefined) {
      const record = this.#store.account.load();
      if (record === undefined) throw new Error("the account was never committed: its creation was rolled back");
      this.#loaded = { handle: unpickle(record), record, handleChanged: false, recordChanged: false };
    }
    return this.#loaded;
  }

  #change(change: Partial<AccountRecord>): void {
    const loaded = this.#load();
    loaded.record = { ...loaded.record, ...change };
    loaded.recordChanged = true;
  }

  #changeHandle(change: Partial<AccountRecord>): void {
    this.#load().handleChanged = true;
    this.#change(change);
  }
}

function unpickle(record: AccountRecord): Account {
  const handle = Account.unpickle(record.pickle, record.pickleKey, record.signingSeed);
  // Never answered with a new account: that would upload other identity keys under the same device id.
  if (!handle.ok) throw new StoreError("corrupt");
  return handle.value;
}

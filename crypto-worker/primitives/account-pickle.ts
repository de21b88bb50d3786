import { parseCurve25519PublicKey, parseEd25519PublicKey, type Curve25519PublicKey, type Ed25519PublicKey } from "../../protocol/ids.ts";
import { encodeBase64 } from "./base64.ts";
import type { RawKeyPair } from "./jwk-pair.ts";
import { newX25519KeyPair } from "./x25519.ts";

const VERSION = 4;
const ED25519_BYTES = 32 + 64;
const CURVE25519_AT = 4 + ED25519_BYTES;
const ONE_TIME_KEYS_AT = CURVE25519_AT + 64;
const PAIR_BYTES = 64;
/** Id, published flag, public and private key. */
const ENTRY_BYTES = 4 + 1 + PAIR_BYTES;
/** As many private one-time keys as libolm's format has room for, published ones included. */
export const MAX_ONE_TIME_KEYS = 100;

export type IdentityKeys = { readonly curve25519: Curve25519PublicKey; readonly ed25519: Ed25519PublicKey };
/** A one-time or fallback key and its id. */
export type KeptKey = { readonly keyId: string; readonly key: Curve25519PublicKey };

/**
 * Reads and changes libolm's plaintext pickle of an account (version 4): identity keys, then the one-time keys, the newest in front, then the current
 * fallback key and the former one, and the last key id that was given out. SECURITY: it holds every private key of the device.
 */
export class AccountPickle {
  #bytes: Buffer;

  /**
   * The plaintext of an account with these keys, all of them published: public and private half in one, of the Ed25519 key the public half only, so that it
   * signs nothing. Undefined where libolm has no room for them. Wipes the pairs.
   */
  static encode(keys: {
    readonly ed25519: Uint8Array;
    readonly curve25519: Uint8Array;
    readonly oneTimeKeys: readonly Uint8Array[];
    readonly fallbackKey: Uint8Array | undefined;
  }): Buffer | undefined {
    const { ed25519, curve25519, oneTimeKeys, fallbackKey } = keys;
    const pairs = [curve25519, ...oneTimeKeys, ...(fallbackKey === undefined ? [] : [fallbackKey])];
    try {
      if (oneTimeKeys.length > MAX_ONE_TIME_KEYS) return undefined;
      const entry = (pair: Uint8Array, id: number): Buffer => Buffer.concat([uint32(id), Buffer.from([1]), pair]);
      const identity = [uint32(VERSION), ed25519, Buffer.alloc(64), curve25519];
      const listed = oneTimeKeys.map((pair, index) => entry(pair, oneTimeKeys.length - index));
      const fallback = fallbackKey === undefined ? [Buffer.from([0])] : [Buffer.from([1]), entry(fallbackKey, oneTimeKeys.length + 1)];
      const bytes = Buffer.concat([...identity, uint32(listed.length), ...listed, ...fallback, uint32(oneTimeKeys.length + 1)]);
      for (const secret of [...listed, ...fallback]) secret.fill(0);
      return bytes;
    } finally {
      for (const pair of pairs) pair.fill(0);
    }
  }

  /** A new account without one-time or fallback keys, as libolm's own generation leaves it. The caller wipes it, and the expanded signing key. */
  static newAccount(signing: RawKeyPair): Buffer {
    // No one-time keys, no fallback keys, and the first key id is to come.
    const bytes = Buffer.alloc(ONE_TIME_KEYS_AT + 4 + 1 + 4);
    const identity = newX25519KeyPair();
    bytes.writeUInt32BE(VERSION, 0);
    bytes.set(signing.publicKey, 4);
    bytes.set(signing.privateKey, 4 + 32);
    bytes.set(identity.publicKey, CURVE25519_AT);
    bytes.set(identity.privateKey, CURVE25519_AT + 32);
    identity.privateKey.fill(0);
    return bytes;
  }

  constructor(bytes: Buffer) {
    if (bytes.length < ONE_TIME_KEYS_AT + 4 || bytes.readUInt32BE(0) !== VERSION) throw new Error("not an account pickle of version 4");
    this.#bytes = bytes;
  }

  get identityPublic(): Buffer {
    return this.#bytes.subarray(CURVE25519_AT, CURVE25519_AT + 32);
  }

  get identityPrivate(): Buffer {
    return this.#bytes.subarray(CURVE25519_AT + 32, CURVE25519_AT + 64);
  }

  identityKeys(): IdentityKeys {
    const ed25519 = parseEd25519PublicKey(encodeBase64(this.#bytes.subarray(4, 4 + 32)));
    if (!ed25519.ok) throw new Error("32 bytes are no key");
    return { curve25519: publicKeyOf(this.identityPublic), ed25519: ed25519.value };
  }

  /** Those that are not marked as published, the newest first. */
  unpublishedOneTimeKeys(): KeptKey[] {
    const keys: KeptKey[] = [];
    for (let entry = ONE_TIME_KEYS_AT + 4; entry < this.#oneTimeKeysEnd; entry += ENTRY_BYTES)
      if (!this.#isPublished(entry)) keys.push(this.#keyAt(entry));
    return keys;
  }

  /** The current one while it is not marked as published. */
  unpublishedFallbackKey(): KeptKey | undefined {
    const entry = this.#oneTimeKeysEnd + 1;
    return this.#fallbackKeys === 0 || this.#isPublished(entry) ? undefined : this.#keyAt(entry);
  }

  /** The private half of a one-time or fallback key. */
  privateKeyOf(publicKey: Uint8Array): Buffer | undefined {
    const at = this.#find(publicKey);
    return at === undefined ? undefined : this.#bytes.subarray(at + 32, at + 64);
  }

  /** As libolm does it: a fallback key stays. */
  removeOneTimeKey(publicKey: Uint8Array): void {
    const at = this.#find(publicKey);
    if (at === undefined || at >= this.#oneTimeKeysEnd) return;
    const entry = at - 5;
    this.#replace(entry, entry + ENTRY_BYTES, []);
    this.#bytes.writeUInt32BE(this.#oneTimeKeys - 1, ONE_TIME_KEYS_AT);
  }

  /** As libolm does it: the newest in front, the oldest dropped. Takes public and private half in one, and wipes them. */
  addOneTimeKeys(pairs: readonly Uint8Array[]): void {
    const added = pairs.map((pair) => this.#newEntry(pair)).toReversed();
    const total = added.length + this.#oneTimeKeys;
    const kept = Math.min(total, MAX_ONE_TIME_KEYS);
    this.#replace(ONE_TIME_KEYS_AT + 4, ONE_TIME_KEYS_AT + 4, added);
    this.#bytes.writeUInt32BE(kept, ONE_TIME_KEYS_AT);
    if (total > kept) this.#replace(this.#oneTimeKeysEnd, this.#oneTimeKeysEnd + (total - kept) * ENTRY_BYTES, []);
  }

  /** As libolm does it: the current one becomes the former one, whose place is taken. Takes public and private half in one, and wipes them. */
  addFallbackKey(pair: Uint8Array): void {
    const [countAt, kept] = [this.#oneTimeKeysEnd, this.#fallbackKeys];
    const current = countAt + 1;
    this.#replace(current + Math.min(kept, 1) * ENTRY_BYTES, current + kept * ENTRY_BYTES, []);
    this.#replace(current, current, [this.#newEntry(pair)]);
    this.#bytes[countAt] = Math.min(kept + 1, 2);
  }

  removeFormerFallbackKey(): void {
    const [countAt, kept] = [this.#oneTimeKeysEnd, this.#fallbackKeys];
    if (kept < 2) return;
    this.#replace(countAt + 1 + ENTRY_BYTES, countAt + 1 + kept * ENTRY_BYTES, []);
    this.#bytes[countAt] = 1;
  }

  /** As libolm does it: of the fallback keys, the current one. */
  markKeysAsPublished(): void {
    const end = this.#oneTimeKeysEnd;
    for (let entry = ONE_TIME_KEYS_AT + 4; entry < end; entry += ENTRY_BYTES) this.#bytes[entry + 4] = 1;
    if (this.#fallbackKeys > 0) this.#bytes[end + 1 + 4] = 1;
  }

  /** The caller wipes it. */
  copy(): Buffer {
    return Buffer.from(this.#bytes);
  }

  wipe(): void {
    this.#bytes.fill(0);
  }

  get #oneTimeKeys(): number {
    return this.#bytes.readUInt32BE(ONE_TIME_KEYS_AT);
  }

  /** Where one byte says how many fallback keys follow. */
  get #oneTimeKeysEnd(): number {
    return ONE_TIME_KEYS_AT + 4 + this.#oneTimeKeys * ENTRY_BYTES;
  }

  get #fallbackKeys(): number {
    return this.#bytes.readUInt8(this.#oneTimeKeysEnd);
  }

  #isPublished(entry: number): boolean {
    return this.#bytes[entry + 4] !== 0;
  }

  #keyAt(entry: number): KeptKey {
    const keyId = encodeBase64(this.#bytes.subarray(entry, entry + 4));
    return { keyId, key: publicKeyOf(this.#bytes.subarray(entry + 5, entry + 5 + 32)) };
  }

  /** Gives out the next key id, which is at the end. */
  #newEntry(pair: Uint8Array): Buffer {
    const idAt = this.#bytes.length - 4;
    const id = this.#bytes.readUInt32BE(idAt) + 1;
    this.#bytes.writeUInt32BE(id, idAt);
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeUInt32BE(id, 0);
    entry.set(pair, 5);
    pair.fill(0);
    return entry;
  }

  /** Puts these, which are wiped, in the place of what is between `from` and `to`. */
  #replace(from: number, to: number, entries: readonly Buffer[]): void {
    const former = this.#bytes;
    this.#bytes = Buffer.concat([former.subarray(0, from), ...entries, former.subarray(to)]);
    for (const secret of [former, ...entries]) secret.fill(0);
  }

  /** Where a public key of either list begins. */
  #find(publicKey: Uint8Array): number | undefined {
    const countAt = this.#oneTimeKeysEnd;
    for (let entry = ONE_TIME_KEYS_AT + 4; entry + ENTRY_BYTES <= this.#bytes.length - 4; entry += ENTRY_BYTES) {
      if (entry === countAt) entry += 1;
      if (this.#bytes.compare(publicKey, 0, 32, entry + 5, entry + 37) === 0) return entry + 5;
    }
    return undefined;
  }
}

function publicKeyOf(bytes: Uint8Array): Curve25519PublicKey {
  const key = parseCurve25519PublicKey(encodeBase64(bytes));
  if (!key.ok) throw new Error("32 bytes are no key");
  return key.value;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

import type { RawKeyPair } from "./jwk-pair.ts";
import { newX25519KeyPair } from "./x25519.ts";

const VERSION = 4;
const ED25519_BYTES = 32 + 64;
const CURVE25519_AT = 4 + ED25519_BYTES;
const ONE_TIME_KEYS_AT = CURVE25519_AT + 64;
const PAIR_BYTES = 64;
/** Id, published flag, public and private key. */
const ENTRY_BYTES = 4 + 1 + PAIR_BYTES;
/** As many private keys as libolm holds. */
const MAX_ONE_TIME_KEYS = 100;

/** Reads and changes libolm's plaintext pickle of an account (version 4). SECURITY: it holds every private key of the device. */
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

  /** The private half of a one-time or fallback key. */
  privateKeyOf(publicKey: Uint8Array): Buffer | undefined {
    const at = this.#find(publicKey);
    return at === undefined ? undefined : this.#bytes.subarray(at + 32, at + 64);
  }

  /** As libolm does it: a fallback key stays. */
  removeOneTimeKey(publicKey: Uint8Array): void {
    const at = this.#find(publicKey);
    const count = this.#bytes.readUInt32BE(ONE_TIME_KEYS_AT);
    if (at === undefined || at >= ONE_TIME_KEYS_AT + 4 + count * ENTRY_BYTES) return;
    const entry = at - 5;
    const changed = Buffer.concat([this.#bytes.subarray(0, entry), this.#bytes.subarray(entry + ENTRY_BYTES)]);
    changed.writeUInt32BE(count - 1, ONE_TIME_KEYS_AT);
    this.wipe();
    this.#bytes = changed;
  }

  /** As libolm does it: of the fallback keys, the current one. */
  markKeysAsPublished(): void {
    const end = ONE_TIME_KEYS_AT + 4 + this.#bytes.readUInt32BE(ONE_TIME_KEYS_AT) * ENTRY_BYTES;
    for (let at = ONE_TIME_KEYS_AT + 4; at < end; at += ENTRY_BYTES) this.#bytes[at + 4] = 1;
    if ((this.#bytes[end] ?? 0) > 0) this.#bytes[end + 1 + 4] = 1;
  }

  /** The caller wipes it. */
  copy(): Buffer {
    return Buffer.from(this.#bytes);
  }

  /** With new one-time keys, as libolm's own generation leaves it: the newest in front, the oldest dropped. Wipes the pairs. */
  withOneTimeKeys(pairs: readonly Uint8Array[]): Buffer {
    const count = pairs.length;
    const bytes = this.#bytes;
    const oldCount = bytes.readUInt32BE(ONE_TIME_KEYS_AT);
    const oldEnd = ONE_TIME_KEYS_AT + 4 + oldCount * ENTRY_BYTES;
    const nextId = bytes.readUInt32BE(bytes.length - 4);
    const added = Buffer.alloc(count * ENTRY_BYTES);
    for (const [i, pair] of pairs.entries()) {
      const at = (count - 1 - i) * ENTRY_BYTES;
      added.writeUInt32BE(nextId + 1 + i, at);
      added.set(pair, at + 5);
      pair.fill(0);
    }
    const entries = Buffer.concat([added, bytes.subarray(ONE_TIME_KEYS_AT + 4, oldEnd)]).subarray(0, MAX_ONE_TIME_KEYS * ENTRY_BYTES);
    const head = Buffer.from(bytes.subarray(0, ONE_TIME_KEYS_AT + 4));
    head.writeUInt32BE(entries.length / ENTRY_BYTES, ONE_TIME_KEYS_AT);
    const tail = Buffer.from(bytes.subarray(oldEnd));
    tail.writeUInt32BE(nextId + count, tail.length - 4);
    const changed = Buffer.concat([head, entries, tail]);
    for (const secret of [added, head, tail]) secret.fill(0);
    return changed;
  }

  wipe(): void {
    this.#bytes.fill(0);
  }

  /** Where a public key of either list begins. */
  #find(publicKey: Uint8Array): number | undefined {
    const bytes = this.#bytes;
    const lastEntry = ONE_TIME_KEYS_AT + 4 + (bytes.readUInt32BE(ONE_TIME_KEYS_AT) - 1) * ENTRY_BYTES;
    for (let at = ONE_TIME_KEYS_AT + 4; at + ENTRY_BYTES <= bytes.length - 4; at += ENTRY_BYTES) {
      // One byte after the one-time keys says how many fallback keys follow.
      if (at === lastEntry + ENTRY_BYTES) at += 1;
      if (at + ENTRY_BYTES <= bytes.length && bytes.compare(publicKey, 0, 32, at + 5, at + 37) === 0) return at + 5;
    }
    return undefined;
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

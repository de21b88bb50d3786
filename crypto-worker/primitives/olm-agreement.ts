import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { olmSessionId } from "./olm-message.ts";
import { transferCipher, type PickleCipher } from "./olm-pickle.ts";
import { agree, newX25519KeyObject, newX25519KeyPair, x25519PublicKey } from "./x25519.ts";

/*
 * Olm's triple Diffie-Hellman (docs/olm.md of libolm, §Initial setup), with the platform's X25519 instead of libolm's, which takes ten times as long and is
 * not constant-time. The result is a fresh session in libolm's pickle format; everything after that is libolm's.
 */

const SESSION_PICKLE_VERSION = 1;
/** Version, received flag, three public keys, root key, and the counts of three lists. */
const HEAD_BYTES = 4 + 1 + 3 * 32 + 32;

/** The id and the pickle of a new session. Their keys are raw; the caller has refused low-order keys and checked the one-time key's signature. */
export function outboundSession(
  own: { readonly publicKey: Uint8Array; readonly privateKey: KeyObject },
  theirIdentityKey: Uint8Array,
  theirOneTimeKey: Uint8Array,
  cipher: PickleCipher,
): { readonly sessionId: string; readonly pickle: string } {
  const base = newX25519KeyObject();
  const ratchet = newX25519KeyPair();
  const identity = x25519PublicKey(theirIdentityKey);
  const oneTime = x25519PublicKey(theirOneTimeKey);
  const { root, chain } = deriveRoot([
    agree(own.privateKey, oneTime),
    agree(base.privateKeyObject, identity),
    agree(base.privateKeyObject, oneTime),
  ]);
  const writer = new SessionWriter(own.publicKey, base.publicKey, theirOneTimeKey, root);
  writer.count(1);
  writer.bytes(ratchet.publicKey);
  writer.bytes(ratchet.privateKey);
  writer.chain(chain);
  writer.count(0);
  writer.count(0);
  for (const secret of [base.privateKey, ratchet.privateKey, root, chain]) secret.fill(0);
  return { sessionId: olmSessionId(own.publicKey, base.publicKey, theirOneTimeKey), pickle: cipher.seal(writer.done()) };
}

/** The other side of it: our private identity and one-time key with the public keys of a pre-key message. Sealed for `transferCipher`. */
export function inboundSessionPickle(
  own: { readonly identity: KeyObject; readonly oneTime: KeyObject; readonly oneTimePublic: Uint8Array },
  their: { readonly identityKey: Uint8Array; readonly baseKey: Uint8Array; readonly ratchetKey: Uint8Array },
): string {
  const identity = x25519PublicKey(their.identityKey);
  const base = x25519PublicKey(their.baseKey);
  const { root, chain } = deriveRoot([agree(own.oneTime, identity), agree(own.identity, base), agree(own.oneTime, base)]);
  const writer = new SessionWriter(their.identityKey, their.baseKey, own.oneTimePublic, root);
  writer.count(0);
  writer.count(1);
  writer.bytes(their.ratchetKey);
  writer.chain(chain);
  writer.count(0);
  root.fill(0);
  chain.fill(0);
  return transferCipher.seal(writer.done());
}

function deriveRoot(secrets: readonly Buffer[]): { readonly root: Uint8Array; readonly chain: Uint8Array } {
  const input = Buffer.concat(secrets);
  const derived = new Uint8Array(hkdfSync("sha256", createSecretKey(input), "", "OLM_ROOT", 64));
  for (const secret of [input, ...secrets]) secret.fill(0);
  return { root: derived.subarray(0, 32), chain: derived.subarray(32) };
}

/** Big-endian numbers, lists as a count and their elements. */
class SessionWriter {
  readonly #buffer = Buffer.alloc(512);
  #at = 0;

  constructor(aliceIdentity: Uint8Array, aliceBase: Uint8Array, bobOneTime: Uint8Array, root: Uint8Array) {
    this.count(SESSION_PICKLE_VERSION);
    this.#at = this.#buffer.writeUInt8(0, this.#at);
    for (const part of [aliceIdentity, aliceBase, bobOneTime, root]) this.bytes(part);
    if (this.#at !== HEAD_BYTES) throw new Error("a key has the wrong length");
  }

  count(number: number): void {
    this.#at = this.#buffer.writeUInt32BE(number, this.#at);
  }

  bytes(part: Uint8Array): void {
    this.#buffer.set(part, this.#at);
    this.#at += part.length;
  }

  /** A chain key at its start. */
  chain(key: Uint8Array): void {
    this.bytes(key);
    this.count(0);
  }

  done(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }
}

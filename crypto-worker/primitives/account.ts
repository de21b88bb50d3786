import { parseCurve25519PublicKey, parseEd25519PublicKey, type Curve25519PublicKey, type Ed25519PublicKey } from "../../protocol/ids.ts";
import { err, type Result } from "../../protocol/result.ts";
import type { KeyObject } from "node:crypto";
import { AccountPickle } from "./account-pickle.ts";
import { soloCrew, type Crew } from "./crew/crew.ts";
import type { OlmPeer, PickledOlmSession } from "./crew/tasks.ts";
import { isLowOrderKey } from "./curve25519.ts";
import { ed25519PrivateKey, ed25519PublicKeyOf, expandEd25519Seed, newEd25519KeyPair, signEd25519 } from "./ed25519.ts";
import { MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { olmObject, type OlmFailure } from "./olm-error.ts";
import { inboundSessionPickle, outboundSession } from "./olm-agreement.ts";
import { parsePreKeyMessage } from "./olm-message.ts";
import { PickleCipher, transferCipher } from "./olm-pickle.ts";
import { OlmSession } from "./olm-session.ts";
import { pickleKeyCopy } from "./pickle-key.ts";
import { x25519PrivateKey } from "./x25519.ts";

type RawAccount = InstanceType<ReturnType<typeof olm>["Account"]>;

export type IdentityKeys = { readonly curve25519: Curve25519PublicKey; readonly ed25519: Ed25519PublicKey };

/**
 * The Olm account of our device: its identity keys and the private halves of its one-time and fallback keys. Must be freed. libolm holds them; what takes a
 * Diffie-Hellman is done with the platform's X25519 and handed to libolm as a pickle (decision 0005).
 */
export class Account {
  #raw: RawAccount;
  #identityKeys: IdentityKeys | undefined;
  #identity: { readonly publicKey: Uint8Array; readonly privateKey: KeyObject } | undefined;
  /** What libolm holds, read out, and as it is at any time: changed with it, or else forgotten. */
  #contents: AccountPickle | undefined;
  /** What the Ed25519 key follows from, which libolm does not keep. SECURITY: secret. */
  readonly signingSeed: Uint8Array | undefined;
  #signingKey: KeyObject | undefined;
  /** The one-time key that made each incoming session. */
  readonly #oneTimeKeys = new WeakMap<OlmSession, Uint8Array>();

  private constructor(raw: RawAccount, signingSeed?: Uint8Array) {
    this.#raw = raw;
    this.signingSeed = signingSeed;
  }

  static create(): Account {
    const { publicKey, seed, privateKey: signingKey } = newEd25519KeyPair();
    const privateKey = expandEd25519Seed(seed);
    const account = new Account(unseal(AccountPickle.newAccount({ publicKey, privateKey })), seed);
    privateKey.fill(0);
    account.#signingKey = signingKey;
    return account;
  }

  /** A wrong key or a damaged pickle is a failure, never a new account. `signingSeed` is the account's, where it is known: it signs in half the time. */
  static unpickle(pickle: string, pickleKey: Uint8Array, signingSeed?: Uint8Array): Result<Account, OlmFailure> {
    if (pickle.length > MAX_STACK_INPUT) return err("bad-account-key");
    return olmObject(new (olm().Account)(), (raw) => {
      raw.unpickle(pickleKeyCopy(pickleKey), pickle);
      return new Account(raw, signingSeed);
    });
  }

  pickle(pickleKey: Uint8Array): string {
    if (this.#contents !== undefined) return new PickleCipher(pickleKey).seal(this.#contents.copy());
    return this.#raw.pickle(pickleKeyCopy(pickleKey));
  }

  get identityKeys(): IdentityKeys {
    this.#identityKeys ??= parseIdentityKeys(this.#raw.identity_keys());
    return this.#identityKeys;
  }

  /** How many private one-time keys libolm keeps, published ones included; generating more evicts the oldest silently. */
  get maxOneTimeKeys(): number {
    return this.#raw.max_number_of_one_time_keys();
  }

  generateOneTimeKeys(count: number, crew: Crew = soloCrew): void {
    if (count <= 0) return;
    const pieces = Array.from({ length: count }, () => undefined);
    const pairs = [...crew.run("newKeyPair", undefined, pieces)].flatMap((pair) => pair ?? []);
    const contents = new AccountPickle(this.#read().withOneTimeKeys(pairs));
    // Unpickling adds to what an object has, so it needs a fresh one.
    const changed = unseal(contents.copy());
    this.#forget();
    this.#raw.free();
    this.#raw = changed;
    this.#contents = contents;
  }

  /** Key id → public key of those that are not marked as published. */
  oneTimeKeys(): Map<string, Curve25519PublicKey> {
    return parseKeyMap(this.#raw.one_time_keys());
  }

  /** Marks one-time keys and the fallback key as published. */
  markKeysAsPublished(): void {
    this.#raw.mark_keys_as_published();
    this.#contents?.markKeysAsPublished();
  }

  /** Replaces the fallback key; the one before stays usable until `forgetOldFallbackKey`. */
  generateFallbackKey(): void {
    this.#raw.generate_fallback_key();
    this.#forget();
  }

  /** Key id and public key of the fallback key while it is not marked as published. */
  unpublishedFallbackKey(): { readonly keyId: string; readonly key: Curve25519PublicKey } | undefined {
    for (const [keyId, key] of parseKeyMap(this.#raw.unpublished_fallback_key())) return { keyId, key };
    return undefined;
  }

  forgetOldFallbackKey(): void {
    this.#raw.forget_old_fallback_key();
    this.#forget();
  }

  /** Signs the UTF-8 bytes of `message` with the device's Ed25519 key; unpadded base64. Throws above `MAX_STACK_INPUT` bytes. */
  sign(message: string): string {
    if (Buffer.byteLength(message, "utf8") > MAX_STACK_INPUT) throw new Error("message too long to sign");
    const key = this.#signingPrivateKey();
    return key === undefined ? this.#raw.sign(message) : signEd25519(key, message);
  }

  /** The same for many, in their order. */
  signAll(crew: Crew, messages: readonly string[]): string[] {
    const key = this.#signingPrivateKey();
    if (key === undefined || !crew.isWorthwhile(messages.length)) return messages.map((message) => this.sign(message));
    const signatures = [...crew.run("sign", key, messages)];
    return messages.map((message, at) => signatures[at] ?? this.sign(message));
  }

  /** Drops the one-time key that created `session`. Only together with saving the session, and only after its first message decrypted. */
  removeOneTimeKeys(session: OlmSession): void {
    session.removeOneTimeKeysFrom(this.#raw);
    const oneTimeKey = this.#oneTimeKeys.get(session);
    if (oneTimeKey === undefined) this.#forget();
    else this.#contents?.removeOneTimeKey(oneTimeKey);
  }

  /** The caller has verified the signature on the one-time key. */
  createOutboundSession(theirIdentityKey: Curve25519PublicKey, theirOneTimeKey: Curve25519PublicKey): Result<OlmSession, OlmFailure> {
    if (isLowOrderKey(theirIdentityKey) || isLowOrderKey(theirOneTimeKey)) return err("low-order-key");
    const { pickle } = outboundSession(this.#identityPair(), rawKey(theirIdentityKey), rawKey(theirOneTimeKey), transferCipher);
    return OlmSession.unpickle(pickle, transferCipher.pickleKey);
  }

  /** The same for many, in their order, pickled with `pickleKey`; undefined where a key is of low order. */
  createOutboundSessions(
    crew: Crew,
    peers: readonly OlmPeer[],
    pickleKey: Uint8Array,
  ): Generator<PickledOlmSession | undefined, void, undefined> {
    return crew.run("openSession", { ...this.#identityPair(), pickleKey: pickleKeyCopy(pickleKey) }, peers);
  }

  /** Checks every public key of the pre-key message first. Succeeds again and again until `removeOneTimeKeys`; nothing is decrypted yet. */
  createInboundSession(theirIdentityKey: Curve25519PublicKey, preKeyBody: string): Result<OlmSession, OlmFailure> {
    if (isLowOrderKey(theirIdentityKey)) return err("low-order-key");
    const message = parsePreKeyMessage(preKeyBody);
    if (!message.ok) return message;
    if (message.value.identityKey !== theirIdentityKey) return err("bad-message-key-id");
    const { oneTimeKey, baseKey, identityKey, ratchetKey } = message.value;
    const oneTimePublic = rawKey(oneTimeKey);
    const oneTimePrivate = this.#read().privateKeyOf(oneTimePublic);
    if (oneTimePrivate === undefined) return err("bad-message-key-id");
    const own = { identity: this.#identityPair().privateKey, oneTime: x25519PrivateKey(oneTimePrivate), oneTimePublic };
    const their = { identityKey: rawKey(identityKey), baseKey: rawKey(baseKey), ratchetKey: rawKey(ratchetKey) };
    const session = OlmSession.unpickle(inboundSessionPickle(own, their), transferCipher.pickleKey);
    if (session.ok) this.#oneTimeKeys.set(session.value, oneTimePublic);
    return session;
  }

  free(): void {
    this.#forget();
    this.#raw.free();
  }

  #read(): AccountPickle {
    this.#contents ??= new AccountPickle(transferCipher.open(this.#raw.pickle(pickleKeyCopy(transferCipher.pickleKey))));
    return this.#contents;
  }

  #forget(): void {
    this.#contents?.wipe();
    this.#contents = undefined;
  }

  #identityPair(): { readonly publicKey: Uint8Array; readonly privateKey: KeyObject } {
    if (this.#identity === undefined) {
      const { identityPublic, identityPrivate } = this.#read();
      this.#identity = { publicKey: Uint8Array.from(identityPublic), privateKey: x25519PrivateKey(identityPrivate) };
    }
    return this.#identity;
  }

  #signingPrivateKey(): KeyObject | undefined {
    if (this.#signingKey === undefined && this.signingSeed !== undefined) {
      const key = ed25519PrivateKey(this.signingSeed);
      if (ed25519PublicKeyOf(key) !== this.identityKeys.ed25519) throw new Error("the signing seed is another account's");
      this.#signingKey = key;
    }
    return this.#signingKey;
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/** libolm's account of a plaintext pickle, which is wiped. */
function unseal(plain: Buffer): RawAccount {
  const pickle = transferCipher.seal(plain);
  const raw = new (olm().Account)();
  try {
    raw.unpickle(pickleKeyCopy(transferCipher.pickleKey), pickle);
  } catch (error) {
    raw.free();
    throw error;
  }
  return raw;
}

const rawKey = (key: Curve25519PublicKey): Uint8Array => Buffer.from(key, "base64");

function parseIdentityKeys(json: string): IdentityKeys {
  const keys = JSON.parse(json) as { curve25519?: unknown; ed25519?: unknown };
  const curve25519 = parseCurve25519PublicKey(keys.curve25519);
  const ed25519 = parseEd25519PublicKey(keys.ed25519);
  if (!curve25519.ok || !ed25519.ok) throw new Error("libolm returned identity keys that are no keys");
  return { curve25519: curve25519.value, ed25519: ed25519.value };
}

function parseKeyMap(json: string): Map<string, Curve25519PublicKey> {
  const keys = JSON.parse(json) as { curve25519?: Record<string, unknown> };
  const map = new Map<string, Curve25519PublicKey>();
  for (const [keyId, value] of Object.entries(keys.curve25519 ?? {})) {
    const key = parseCurve25519PublicKey(value);
    if (!key.ok) throw new Error("libolm returned a one-time key that is no key");
    map.set(keyId, key.value);
  }
  return map;
}

import type { KeyObject } from "node:crypto";
import type { Curve25519PublicKey } from "../../protocol/ids.ts";
import { err, type Result } from "../../protocol/result.ts";
import { AccountPickle, type IdentityKeys, type KeptKey } from "./account-pickle.ts";
import { soloCrew, withResults, type Crew } from "./crew/crew.ts";
import type { OlmPeer, PickledOlmSession } from "./crew/tasks.ts";
import { isLowOrderKey } from "./curve25519.ts";
import { ed25519PrivateKey, ed25519PublicKeyOf, expandEd25519Seed, newEd25519KeyPair, signEd25519 } from "./ed25519.ts";
import { MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { olmResult, type OlmFailure } from "./olm-error.ts";
import { inboundSessionPickle, outboundSession } from "./olm-agreement.ts";
import { parsePreKeyMessage } from "./olm-message.ts";
import { transferCipher, type PickleCipher } from "./olm-pickle.ts";
import { OlmSession } from "./olm-session.ts";
import { pickleKeyCopy } from "./pickle-key.ts";
import { newX25519KeyPairBytes, x25519PrivateKey } from "./x25519.ts";

type RawAccount = InstanceType<ReturnType<typeof olm>["Account"]>;

/**
 * The Olm account of our device: its identity keys and the private halves of its one-time and fallback keys. Must be freed. What it holds is in libolm's
 * format, and whatever takes a Diffie-Hellman is done with the platform's X25519; libolm checks what is unpickled (decision 0005).
 */
export class Account {
  readonly #contents: AccountPickle;
  readonly identityKeys: IdentityKeys;
  #identity: { readonly publicKey: Uint8Array; readonly privateKey: KeyObject } | undefined;
  /** What the Ed25519 key follows from, which libolm does not keep. SECURITY: secret. */
  readonly signingSeed: Uint8Array | undefined;
  #signingKey: KeyObject | undefined;

  private constructor(contents: AccountPickle, signingSeed?: Uint8Array) {
    this.#contents = contents;
    this.identityKeys = contents.identityKeys();
    this.signingSeed = signingSeed;
  }

  static create(): Account {
    const { publicKey, seed, privateKey: signingKey } = newEd25519KeyPair();
    const privateKey = expandEd25519Seed(seed);
    const account = new Account(new AccountPickle(AccountPickle.newAccount({ publicKey, privateKey })), seed);
    privateKey.fill(0);
    account.#signingKey = signingKey;
    return account;
  }

  /** A wrong key or a damaged pickle is a failure, never a new account. `signingSeed` is the account's, where it is known: it signs in half the time. */
  static unpickle(pickle: string, pickleKey: Uint8Array, signingSeed?: Uint8Array): Result<Account, OlmFailure> {
    if (pickle.length > MAX_STACK_INPUT) return err("bad-account-key");
    return withLibolm(pickle, pickleKey, (raw) => {
      const checked = raw.pickle(pickleKeyCopy(transferCipher.pickleKey));
      return new Account(new AccountPickle(transferCipher.open(checked)), signingSeed);
    });
  }

  pickle(cipher: PickleCipher): string {
    return cipher.seal(this.#contents.copy());
  }

  /** When there are more than `MAX_ONE_TIME_KEYS`, published ones included, the oldest are dropped silently. */
  generateOneTimeKeys(count: number, crew: Crew = soloCrew): void {
    const pieces = Array.from({ length: Math.max(0, count) }, () => undefined);
    this.#contents.addOneTimeKeys([...crew.run("newKeyPair", undefined, pieces)].flatMap((pair) => pair ?? []));
  }

  /** Those that are not marked as published. */
  unpublishedOneTimeKeys(): readonly KeptKey[] {
    return this.#contents.unpublishedOneTimeKeys();
  }

  /** Marks one-time keys and the fallback key as published. */
  markKeysAsPublished(): void {
    this.#contents.markKeysAsPublished();
  }

  /** Replaces the fallback key; the one before stays usable until `forgetFormerFallbackKey`. */
  generateFallbackKey(): void {
    this.#contents.addFallbackKey(newX25519KeyPairBytes());
  }

  /** The fallback key while it is not marked as published. */
  unpublishedFallbackKey(): KeptKey | undefined {
    return this.#contents.unpublishedFallbackKey();
  }

  forgetFormerFallbackKey(): void {
    this.#contents.removeFormerFallbackKey();
  }

  /** Signs the UTF-8 bytes of `message` with the device's Ed25519 key; unpadded base64. Throws above `MAX_STACK_INPUT` bytes. */
  sign(message: string): string {
    if (Buffer.byteLength(message, "utf8") > MAX_STACK_INPUT) throw new Error("message too long to sign");
    const key = this.#signingPrivateKey();
    return key === undefined ? this.#signWithLibolm(message) : signEd25519(key, message);
  }

  /** The same for many, in their order. The other threads of the crew begin when the first is asked for. */
  *signAll(crew: Crew, messages: readonly string[]): Generator<string, void, undefined> {
    const key = this.#signingPrivateKey();
    if (key === undefined) return yield* messages.map((message) => this.sign(message));
    for (const [message, signature] of withResults(messages, crew.run("sign", key, messages))) yield signature ?? this.sign(message);
  }

  /** Only together with saving the session that was made with it, and only after that has decrypted its first message. A fallback key stays. */
  removeOneTimeKey(oneTimeKey: Curve25519PublicKey): void {
    this.#contents.removeOneTimeKey(rawKey(oneTimeKey));
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

  /** Checks every public key of the pre-key message first. Succeeds again and again until `removeOneTimeKey`; nothing is decrypted yet. */
  createInboundSession(theirIdentityKey: Curve25519PublicKey, preKeyBody: string): Result<OlmSession, OlmFailure> {
    if (isLowOrderKey(theirIdentityKey)) return err("low-order-key");
    const message = parsePreKeyMessage(preKeyBody);
    if (!message.ok) return message;
    if (message.value.identityKey !== theirIdentityKey) return err("bad-message-key-id");
    const { oneTimeKey, baseKey, identityKey, ratchetKey } = message.value;
    const oneTimePublic = rawKey(oneTimeKey);
    const oneTimePrivate = this.#contents.privateKeyOf(oneTimePublic);
    if (oneTimePrivate === undefined) return err("bad-message-key-id");
    const own = { identity: this.#identityPair().privateKey, oneTime: x25519PrivateKey(oneTimePrivate), oneTimePublic };
    const their = { identityKey: rawKey(identityKey), baseKey: rawKey(baseKey), ratchetKey: rawKey(ratchetKey) };
    return OlmSession.unpickle(inboundSessionPickle(own, their), transferCipher.pickleKey);
  }

  free(): void {
    this.#contents.wipe();
  }

  #identityPair(): { readonly publicKey: Uint8Array; readonly privateKey: KeyObject } {
    if (this.#identity === undefined) {
      const { identityPublic, identityPrivate } = this.#contents;
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

  #signWithLibolm(message: string): string {
    const signature = withLibolm(this.pickle(transferCipher), transferCipher.pickleKey, (raw) => raw.sign(message));
    if (!signature.ok) throw new Error("libolm refuses an account of ours");
    return signature.value;
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/** What libolm's account of a pickle is needed for. */
function withLibolm<T>(pickle: string, pickleKey: Uint8Array, use: (raw: RawAccount) => T): Result<T, OlmFailure> {
  const raw = new (olm().Account)();
  try {
    return olmResult(() => {
      raw.unpickle(pickleKeyCopy(pickleKey), pickle);
      return use(raw);
    });
  } finally {
    raw.free();
  }
}

const rawKey = (key: Curve25519PublicKey): Uint8Array => Buffer.from(key, "base64");

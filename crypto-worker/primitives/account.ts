import { parseCurve25519PublicKey, parseEd25519PublicKey, type Curve25519PublicKey, type Ed25519PublicKey } from "../../protocol/ids.ts";
import { err, type Result } from "../../protocol/result.ts";
import { isLowOrderKey } from "./curve25519.ts";
import { MAX_STACK_INPUT, olm } from "./olm-library.ts";
import { olmResult, type OlmFailure } from "./olm-error.ts";
import { parsePreKeyMessage } from "./olm-message.ts";
import { OlmSession } from "./olm-session.ts";
import { pickleKeyCopy } from "./pickle-key.ts";

type RawAccount = InstanceType<ReturnType<typeof olm>["Account"]>;

export type IdentityKeys = { readonly curve25519: Curve25519PublicKey; readonly ed25519: Ed25519PublicKey };

/** The Olm account of our device: its identity keys and the private halves of its one-time and fallback keys. Must be freed. */
export class Account {
  readonly #raw: RawAccount;
  #identityKeys: IdentityKeys | undefined;

  private constructor(raw: RawAccount) {
    this.#raw = raw;
  }

  static create(): Account {
    const raw = new (olm().Account)();
    try {
      raw.create();
    } catch (error) {
      raw.free();
      throw error;
    }
    return new Account(raw);
  }

  /** A wrong key or a damaged pickle is a failure, never a new account. */
  static unpickle(pickle: string, pickleKey: Uint8Array): Result<Account, OlmFailure> {
    if (pickle.length > MAX_STACK_INPUT) return err("bad-account-key");
    const raw = new (olm().Account)();
    const result = olmResult(() => {
      raw.unpickle(pickleKeyCopy(pickleKey), pickle);
      return new Account(raw);
    });
    if (!result.ok) raw.free();
    return result;
  }

  pickle(pickleKey: Uint8Array): string {
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

  generateOneTimeKeys(count: number): void {
    this.#raw.generate_one_time_keys(count);
  }

  /** Key id → public key of those that are not marked as published. */
  oneTimeKeys(): Map<string, Curve25519PublicKey> {
    return parseKeyMap(this.#raw.one_time_keys());
  }

  /** Marks one-time keys and the fallback key as published. */
  markKeysAsPublished(): void {
    this.#raw.mark_keys_as_published();
  }

  /** Replaces the fallback key; the one before stays usable until `forgetOldFallbackKey`. */
  generateFallbackKey(): void {
    this.#raw.generate_fallback_key();
  }

  /** Key id and public key of the fallback key while it is not marked as published. */
  unpublishedFallbackKey(): { readonly keyId: string; readonly key: Curve25519PublicKey } | undefined {
    for (const [keyId, key] of parseKeyMap(this.#raw.unpublished_fallback_key())) return { keyId, key };
    return undefined;
  }

  forgetOldFallbackKey(): void {
    this.#raw.forget_old_fallback_key();
  }

  /** Signs the UTF-8 bytes of `message` with the device's Ed25519 key; unpadded base64. Throws above `MAX_STACK_INPUT` bytes. */
  sign(message: string): string {
    if (Buffer.byteLength(message, "utf8") > MAX_STACK_INPUT) throw new Error("message too long to sign");
    return this.#raw.sign(message);
  }

  /** Drops the one-time key that created `session`. Only together with saving the session, and only after its first message decrypted. */
  removeOneTimeKeys(session: OlmSession): void {
    session.removeOneTimeKeysFrom(this.#raw);
  }

  /** The caller has verified the signature on the one-time key. */
  createOutboundSession(theirIdentityKey: Curve25519PublicKey, theirOneTimeKey: Curve25519PublicKey): Result<OlmSession, OlmFailure> {
    if (isLowOrderKey(theirIdentityKey) || isLowOrderKey(theirOneTimeKey)) return err("low-order-key");
    return OlmSession.build((session) => session.create_outbound(this.#raw, theirIdentityKey, theirOneTimeKey));
  }

  /** Checks every public key of the pre-key message first. Succeeds again and again until `removeOneTimeKeys`; nothing is decrypted yet. */
  createInboundSession(theirIdentityKey: Curve25519PublicKey, preKeyBody: string): Result<OlmSession, OlmFailure> {
    if (isLowOrderKey(theirIdentityKey)) return err("low-order-key");
    const message = parsePreKeyMessage(preKeyBody);
    if (!message.ok) return message;
    if (message.value.identityKey !== theirIdentityKey) return err("bad-message-key-id");
    return OlmSession.build((session) => session.create_inbound_from(this.#raw, theirIdentityKey, preKeyBody));
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

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

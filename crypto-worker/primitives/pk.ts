import { parseCurve25519PublicKey, type Curve25519PublicKey, type Ed25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { isLowOrderKey } from "./curve25519.ts";
import { decodeBase64, withoutPadding } from "./base64.ts";
import { Ed25519SigningKey } from "./ed25519.ts";
import { olm } from "./olm-library.ts";
import { olmObject, olmResult, type OlmFailure } from "./olm-error.ts";
import { Secret } from "./secret.ts";

type RawEncryption = InstanceType<ReturnType<typeof olm>["PkEncryption"]>;
type RawDecryption = InstanceType<ReturnType<typeof olm>["PkDecryption"]>;

const PK_KEY_BYTES = 32;
const MAX_CIPHERTEXT_LENGTH = 1 << 20;

/** One entry of a backup, as `session_data` carries it. The MAC covers nothing (E2EE §Backup algorithm): content is NOT authenticated. */
export type PkMessage = { readonly ciphertext: string; readonly mac: string; readonly ephemeral: string };

/** Signs with a cross-signing key. The seed stays the caller's; nothing to free. */
export class PkSigning {
  readonly #key: Ed25519SigningKey;

  private constructor(key: Ed25519SigningKey) {
    this.#key = key;
  }

  /** Throws when the seed is not 32 bytes. */
  static fromSeed(seed: Secret<string>): PkSigning {
    return new PkSigning(Ed25519SigningKey.fromSeed(seed));
  }

  get publicKey(): Ed25519PublicKey {
    return this.#key.publicKey;
  }

  /** Signature over the UTF-8 bytes, in unpadded base64. */
  sign(message: string): string {
    return this.#key.sign(message);
  }
}

/** Encrypts to a backup's public key. Must be freed. */
export class PkEncryption {
  readonly #raw: RawEncryption;

  private constructor(raw: RawEncryption) {
    this.#raw = raw;
  }

  static forRecipient(publicKey: Curve25519PublicKey): Result<PkEncryption, OlmFailure> {
    if (isLowOrderKey(publicKey)) return err("low-order-key");
    return olmObject(new (olm().PkEncryption)(), (raw) => {
      raw.set_recipient_key(publicKey);
      return new PkEncryption(raw);
    });
  }

  encrypt(plaintext: string): PkMessage {
    if (!plaintext.isWellFormed()) throw new Error("plaintext has a lone surrogate");
    return this.#raw.encrypt(plaintext);
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

/** Decrypts with a backup's private key. Its public key is always derived, never taken from outside. Must be freed. */
export class PkDecryption {
  readonly publicKey: Curve25519PublicKey;
  readonly #raw: RawDecryption;

  private constructor(raw: RawDecryption, publicKey: Curve25519PublicKey) {
    this.#raw = raw;
    this.publicKey = publicKey;
  }

  /** The key stays the caller's. Throws when it is not 32 bytes. */
  static fromPrivateKey(privateKey: Secret<string>): PkDecryption {
    if (privateKey.length !== PK_KEY_BYTES) throw new Error("a Curve25519 private key has 32 bytes");
    const raw = new (olm().PkDecryption)();
    try {
      const publicKey = parseCurve25519PublicKey(privateKey.use((bytes) => raw.init_with_private_key(bytes)));
      if (!publicKey.ok) throw new Error("libolm returned a public key that is none");
      return new PkDecryption(raw, publicKey.value);
    } catch (error) {
      raw.free();
      throw error;
    }
  }

  decrypt(message: PkMessage): Result<string, OlmFailure> {
    const ephemeral = parseCurve25519PublicKey(message.ephemeral);
    if (!ephemeral.ok) return err("invalid-base64");
    if (isLowOrderKey(ephemeral.value)) return err("low-order-key");
    // libolm has had overflows on lengths here (CVE-2021-34813): check all of them first, and pass only canonical text.
    const mac = decodeBase64(message.mac, { maxBytes: 32 });
    const ciphertext = decodeBase64(message.ciphertext, { maxBytes: MAX_CIPHERTEXT_LENGTH });
    if (!mac.ok || !ciphertext.ok) return err("invalid-base64");
    if (mac.value.length !== 8 || ciphertext.value.length === 0 || ciphertext.value.length % 16 !== 0) return err("bad-message-format");
    const plaintext = olmResult(() => this.#raw.decrypt(ephemeral.value, withoutPadding(message.mac), withoutPadding(message.ciphertext)));
    return plaintext.ok ? ok(plaintext.value) : plaintext;
  }

  free(): void {
    this.#raw.free();
  }

  [Symbol.dispose](): void {
    this.free();
  }
}

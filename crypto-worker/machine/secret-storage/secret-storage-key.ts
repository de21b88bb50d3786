import { err, ok, type Result } from "../../../protocol/result.ts";
import { aesCtr, AES_IV_BYTES, AES_KEY_BYTES, clearCounterBit } from "../../primitives/aes-ctr.ts";
import { hkdfSha256 } from "../../primitives/hkdf.ts";
import { constantTimeEqual, hmacSha256 } from "../../primitives/hmac.ts";
import { Secret } from "../../primitives/secret.ts";
import {
  encodeKeyDescription,
  encodeEncryptedSecret,
  parseEncryptedSecret,
  type EncryptedSecretFailure,
  type PassphraseParameters,
  type SecretStorageKeyCheck,
  type SecretStorageKeyDescription,
} from "../../wire/secret-storage.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Env } from "../env.ts";

// The calls, in the order in which recovery needs them (wire/secret-storage.ts reads and writes the account data):
//   newPassphraseParameters(env), derivePassphraseKey(passphrase, parameters): Promise<Result<Secret<"ssss-key">, …>>      (passphrase-key.ts)
//   createSecretStorageKey(env, passphrase?: { key, parameters }): SecretStorageKey                                          → key.description
//   openSecretStorageKey(env, description, Secret<"ssss-key" | "recovery-key">): Result<SecretStorageKey, "wrong-key" | "key-length">
//   key.encryptSecret(name, secret, accountData?): JsonObject       key.decryptSecret(name, accountData): Result<Secret<"stored-secret">, …>
//   encodeKeyText(Secret): Secret<"stored-secret">, parseKeyText(Secret, kind): Result<Secret<kind>, "invalid-key">           (key-text.ts)

export type OpenFailure =
  /** Not the key of this description: mistyped, or of another storage. */
  "wrong-key" | "key-length";

export type DecryptSecretFailure =
  | EncryptedSecretFailure
  /** Not written with this key, or changed since. */
  | "wrong-mac";

const KEY_BYTES = 32;
const KEY_ID_LENGTH = 32;
const ZERO_SALT = new Uint8Array(32);
/** What a key is recognised by: this many zeros, encrypted under the empty name. */
const CHECK_MESSAGE = new Uint8Array(32);
const CHECK_NAME = "";
const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A new key: random, or the one that came out of a passphrase. The caller writes the description to account data, and disposes of the key. */
export function createSecretStorageKey(
  env: Pick<Env, "randomBytes">,
  passphrase?: { readonly key: Secret<"ssss-key">; readonly parameters: PassphraseParameters },
): SecretStorageKey {
  const key = passphrase === undefined ? Secret.take(env.randomBytes(KEY_BYTES), "ssss-key") : copyOf(passphrase.key);
  const iv = clearCounterBit(env.randomBytes(AES_IV_BYTES));
  const check = { iv, mac: checkMac(key, iv) };
  const description = { keyId: randomAlphanumeric(env, KEY_ID_LENGTH), name: undefined, passphrase: passphrase?.parameters, check };
  return new SecretStorageKey(env, key, description, true);
}

/** The key of a description, once it has proven to be that. The caller keeps (and disposes of) what it passes, and disposes of the result. */
export function openSecretStorageKey(
  env: Pick<Env, "randomBytes">,
  description: SecretStorageKeyDescription,
  key: Secret<"ssss-key" | "recovery-key">,
): Result<SecretStorageKey, OpenFailure> {
  if (key.length !== KEY_BYTES) return err("key-length");
  if (description.check !== undefined && !passes(key, description.check)) return err("wrong-key");
  return ok(new SecretStorageKey(env, copyOf(key), description, description.check !== undefined));
}

/**
 * The key under which the user's account data holds secrets (Secrets §Storage, m.secret_storage.v1.aes-hmac-sha2). Secrets are bound to their names: one
 * that the server puts under another name does not decrypt.
 */
export class SecretStorageKey {
  readonly description: SecretStorageKeyDescription;
  readonly #env: Pick<Env, "randomBytes">;
  readonly #key: Secret<"ssss-key">;
  #proven: boolean;

  /** SECURITY: made only by the two functions above, which know whether the key is the description's. */
  constructor(env: Pick<Env, "randomBytes">, key: Secret<"ssss-key">, description: SecretStorageKeyDescription, proven: boolean) {
    this.#env = env;
    this.#key = key;
    this.#proven = proven;
    this.description = description;
  }

  get keyId(): string {
    return this.description.keyId;
  }

  /** The content of `m.secret_storage.key.<keyId>`. */
  get descriptionContent(): JsonObject {
    return encodeKeyDescription(this.description);
  }

  /**
   * Whether this is known to be the key of the description. A server can take the check out of it, and with that have us store secrets under a mistyped
   * key, or under one of a passphrase with a single round of work: until a secret was decrypted, nothing may be encrypted.
   */
  get isProven(): boolean {
    return this.#proven;
  }

  /** SECURITY: the key itself, for `encodeRecoveryKey`. The caller disposes of it. */
  dangerouslyExport(): Secret<"ssss-key"> {
    return copyOf(this.#key);
  }

  /**
   * The account data of the secret, whose bytes are UTF-8 text (`encodeKeyText` for keys). Entries that `accountData`, the present content, has for other
   * keys are kept. Throws for a key that is not proven.
   */
  encryptSecret(name: string, secret: Secret<string>, accountData?: unknown): JsonObject {
    if (!this.#proven) throw new Error("a secret is to be encrypted with a key that is not known to be right");
    const iv = clearCounterBit(this.#env.randomBytes(AES_IV_BYTES));
    return secret.use((plaintext) => {
      const { ciphertext, mac } = encrypt(this.#key, name, iv, plaintext);
      return encodeEncryptedSecret(accountData, this.keyId, { iv, ciphertext, mac });
    });
  }

  /** The MAC is checked first, in constant time. The caller disposes of the secret; it is whatever the account's owner stored under the name. */
  decryptSecret(name: string, accountData: unknown): Result<Secret<"stored-secret">, DecryptSecretFailure> {
    const entry = parseEncryptedSecret(accountData, this.keyId);
    if (!entry.ok) return entry;
    const { iv, ciphertext, mac } = entry.value;
    using keys = derive(this.#key, name);
    return keys.use((bytes) => {
      if (!constantTimeEqual(hmacSha256(bytes.subarray(AES_KEY_BYTES), ciphertext), mac)) return err("wrong-mac");
      this.#proven = true;
      return ok(Secret.take(aesCtr(bytes.subarray(0, AES_KEY_BYTES), iv, ciphertext), "stored-secret"));
    });
  }

  [Symbol.dispose](): void {
    this.#key[Symbol.dispose]();
  }
}

/** Letters and digits, each as likely as any other. */
export function randomAlphanumeric(env: Pick<Env, "randomBytes">, length: number): string {
  // Bytes from this on would make the first characters of the alphabet likelier.
  const limit = 256 - (256 % ALPHANUMERIC.length);
  let text = "";
  while (text.length < length) {
    for (const byte of env.randomBytes(length))
      if (byte < limit && text.length < length) text += ALPHANUMERIC.charAt(byte % ALPHANUMERIC.length);
  }
  return text;
}

function copyOf(key: Secret<string>): Secret<"ssss-key"> {
  return key.use((bytes) => Secret.from(bytes, "ssss-key"));
}

function passes(key: Secret<string>, { iv, mac }: SecretStorageKeyCheck): boolean {
  return constantTimeEqual(checkMac(key, iv), mac);
}

function checkMac(key: Secret<string>, iv: Uint8Array): Uint8Array {
  return encrypt(key, CHECK_NAME, iv, CHECK_MESSAGE).mac;
}

function encrypt(key: Secret<string>, name: string, iv: Uint8Array, plaintext: Uint8Array): { ciphertext: Uint8Array; mac: Uint8Array } {
  using keys = derive(key, name);
  return keys.use((bytes) => {
    const ciphertext = aesCtr(bytes.subarray(0, AES_KEY_BYTES), iv, plaintext);
    return { ciphertext, mac: hmacSha256(bytes.subarray(AES_KEY_BYTES), ciphertext) };
  });
}

/** 64 bytes: an AES key and a MAC key, for this name only. */
function derive(key: Secret<string>, name: string): Secret<"ssss-derived"> {
  return key.use((bytes) => hkdfSha256(bytes, ZERO_SALT, name, 2 * AES_KEY_BYTES, "ssss-derived"));
}

import { err, ok, type Result } from "../../protocol/result.ts";
import { decodeBase64, encodeBase64 } from "../primitives/base64.ts";
import { field, integerField, isJsonObject, isWithinDepth, objectField, stringField, type JsonObject } from "./json.ts";

// Secrets §Storage: what the user's account data holds of secret storage. All of it is written by the server as it likes: only the MACs prove anything.

const SECRET_STORAGE_ALGORITHM = "m.secret_storage.v1.aes-hmac-sha2";

/** How a secret storage key comes out of a passphrase. */
export type PassphraseParameters = {
  /** Used as its UTF-8 bytes. */
  readonly salt: string;
  readonly iterations: number;
};

/** Encrypted zeros, by which a key is recognised. */
export type SecretStorageKeyCheck = { readonly iv: Uint8Array; readonly mac: Uint8Array };

/** The content of `m.secret_storage.key.<key id>`. */
export type SecretStorageKeyDescription = {
  readonly keyId: string;
  readonly name: string | undefined;
  /** Undefined where the key is random, or comes out of the passphrase in a way that we do not know: the key itself opens it then too. */
  readonly passphrase: PassphraseParameters | undefined;
  /** Older clients left it out. */
  readonly check: SecretStorageKeyCheck | undefined;
};

/** One secret under one key. */
export type EncryptedSecret = { readonly iv: Uint8Array; readonly ciphertext: Uint8Array; readonly mac: Uint8Array };

export type KeyDescriptionFailure = "not-an-object" | "unsupported-algorithm" | "invalid-check";
export type EncryptedSecretFailure = "not-an-object" | "not-encrypted-with-key" | "iv-length" | "mac-length" | "invalid-ciphertext";

const IV_BYTES = 16;
const MAC_BYTES = 32;
const MAX_SECRET_BYTES = 1 << 16;
const MAX_NAME = 256;
const MAX_SALT = 1024;
const DEFAULT_BITS = 256;

export function parseKeyDescription(keyId: string, content: unknown): Result<SecretStorageKeyDescription, KeyDescriptionFailure> {
  if (!isJsonObject(content) || !isWithinDepth(content, 16)) return err("not-an-object");
  if (stringField(content, "algorithm") !== SECRET_STORAGE_ALGORITHM) return err("unsupported-algorithm");
  const check = parseCheck(content);
  if (!check.ok) return check;
  const passphrase = parsePassphrase(objectField(content, "passphrase") ?? {});
  return ok({ keyId, name: stringField(content, "name")?.slice(0, MAX_NAME), passphrase, check: check.value });
}

export function encodeKeyDescription({ name, passphrase, check }: SecretStorageKeyDescription): JsonObject {
  return {
    algorithm: SECRET_STORAGE_ALGORITHM,
    ...(name === undefined ? {} : { name }),
    ...(passphrase === undefined ? {} : { passphrase: { algorithm: "m.pbkdf2", ...passphrase, bits: DEFAULT_BITS } }),
    ...(check === undefined ? {} : { iv: encodeBase64(check.iv), mac: encodeBase64(check.mac) }),
  };
}

/** The id in an `m.secret_storage.default_key`. Undefined where none is set; an empty object is how clients take it back. */
export function parseDefaultKeyId(content: unknown): string | undefined {
  const key = isJsonObject(content) ? stringField(content, "key") : undefined;
  return key === undefined || key.length === 0 || key.length > MAX_NAME ? undefined : key;
}

/** The entry of one key out of a secret's account data. */
export function parseEncryptedSecret(content: unknown, keyId: string): Result<EncryptedSecret, EncryptedSecretFailure> {
  if (!isJsonObject(content)) return err("not-an-object");
  const entry = objectField(objectField(content, "encrypted") ?? {}, keyId);
  if (entry === undefined) return err("not-encrypted-with-key");
  const iv = bytesField(entry, "iv", IV_BYTES);
  if (iv?.length !== IV_BYTES) return err("iv-length");
  const mac = bytesField(entry, "mac", MAC_BYTES);
  if (mac?.length !== MAC_BYTES) return err("mac-length");
  const ciphertext = bytesField(entry, "ciphertext", MAX_SECRET_BYTES);
  return ciphertext === undefined ? err("invalid-ciphertext") : ok({ iv, ciphertext, mac });
}

/** The account data of a secret, with this entry in the place of the key's old one and the entries of other keys kept. */
export function encodeEncryptedSecret(content: unknown, keyId: string, { iv, ciphertext, mac }: EncryptedSecret): JsonObject {
  const others = isJsonObject(content) && isWithinDepth(content, 16) ? (objectField(content, "encrypted") ?? {}) : {};
  const entry = { iv: encodeBase64(iv), ciphertext: encodeBase64(ciphertext), mac: encodeBase64(mac) };
  return { encrypted: { ...others, [keyId]: entry } };
}

function parseCheck(content: JsonObject): Result<SecretStorageKeyCheck | undefined, "invalid-check"> {
  if (field(content, "mac") === undefined) return ok(undefined);
  const iv = bytesField(content, "iv", IV_BYTES);
  const mac = bytesField(content, "mac", MAC_BYTES);
  // A damaged check is not the same as none.
  return iv?.length === IV_BYTES && mac?.length === MAC_BYTES ? ok({ iv, mac }) : err("invalid-check");
}

function parsePassphrase(json: JsonObject): PassphraseParameters | undefined {
  const salt = stringField(json, "salt");
  const iterations = integerField(json, "iterations");
  const bits = field(json, "bits") === undefined ? DEFAULT_BITS : integerField(json, "bits");
  if (stringField(json, "algorithm") !== "m.pbkdf2" || bits !== DEFAULT_BITS) return undefined;
  return salt === undefined || salt.length > MAX_SALT || iterations === undefined ? undefined : { salt, iterations };
}

/** Padded or not (Secrets §Storage wants both read). */
function bytesField(object: JsonObject, key: string, maxBytes: number): Uint8Array | undefined {
  const text = stringField(object, key);
  const bytes = text === undefined ? undefined : decodeBase64(text, { maxBytes });
  return bytes?.ok === true ? bytes.value : undefined;
}

import { createDecipheriv, getCiphers } from "node:crypto";
import { err, ok, type Result } from "../../protocol/result.ts";
import { openSealed } from "./aead.ts";
import { AccountPickle } from "./account-pickle.ts";
import { Account } from "./account.ts";
import { decodeBase64 } from "./base64.ts";
import { Ed25519SigningKey } from "./ed25519.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { PickleCipher, transferCipher } from "./olm-pickle.ts";
import { Secret } from "./secret.ts";
import { x25519KeyPairOf } from "./x25519.ts";

/** What encrypts the private keys of a dehydrated device (MSC3814): 32 bytes. */
export type DehydrationKey = Secret<"dehydration-key">;

/** `no-cipher`: it is encrypted with what this runtime does not offer (decision 0013). `wrong-key`: another key, another device id, or damaged. */
export type DehydratedPickleFailure = "no-cipher" | "wrong-key" | "malformed";

const CIPHER = "chacha20-poly1305";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const MAX_PICKLE_BYTES = 64 * 1024;
/** Version 1 of vodozemac's `dehydrated_device::Pickle`: all numbers big-endian, keys raw. */
const VERSION = 1;

/** `org.matrix.msc3814.v1.olm`: libolm's own pickle. Everything that has libolm or vodozemac reads it. */
export function sealLegacyPickle(account: Account, key: DehydrationKey, deviceId: string): string {
  using derived = legacyKey(key, deviceId);
  return derived.use((bytes) => account.pickle(new PickleCipher(bytes)));
}

export function openLegacyPickle(pickle: string, key: DehydrationKey, deviceId: string): Result<Account, DehydratedPickleFailure> {
  using derived = legacyKey(key, deviceId);
  const account = derived.use((bytes) => Account.unpickle(pickle, bytes));
  if (account.ok) return account;
  return err(account.error === "bad-account-key" ? "wrong-key" : "malformed");
}

/** Whether this runtime can read the second format. Electron's BoringSSL has the cipher in TLS only. */
function canOpenPickle(): boolean {
  return getCiphers().includes(CIPHER);
}

/**
 * `org.matrix.msc3814.v2`: vodozemac's. SECURITY: the account can only decrypt; the private half of its signing key is left out, as nothing may be signed
 * in the name of a dehydrated device.
 */
export function openPickle(pickle: string, nonce: string, key: DehydrationKey): Result<Account, DehydratedPickleFailure> {
  if (!canOpenPickle()) return err("no-cipher");
  const sealed = decodeBase64(pickle, { maxBytes: MAX_PICKLE_BYTES });
  const iv = decodeBase64(nonce, { maxBytes: NONCE_BYTES });
  if (!sealed.ok || !iv.ok || iv.value.length !== NONCE_BYTES || sealed.value.length < TAG_BYTES) return err("malformed");
  using plain = decrypt(sealed.value, iv.value, key);
  if (plain === undefined) return err("wrong-key");
  return plain.use(accountOf);
}

function decrypt(sealed: Uint8Array, nonce: Uint8Array, key: DehydrationKey): Secret<"dehydrated-device"> | undefined {
  return key.use((bytes) => {
    const decipher = createDecipheriv(CIPHER, bytes, nonce, { authTagLength: TAG_BYTES });
    return openSealed(decipher, sealed, TAG_BYTES, "dehydrated-device");
  });
}

/** Version, Curve25519 key, Ed25519 seed, number of one-time keys and they, whether there is a fallback key and it. */
function accountOf(bytes: Uint8Array): Result<Account, DehydratedPickleFailure> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keysAt = 4 + 2 * KEY_BYTES + 4;
  if (view.length < keysAt + 1 || view.readUInt32BE(0) !== VERSION) return err("malformed");
  const count = view.readUInt32BE(keysAt - 4);
  const fallbackAt = keysAt + count * KEY_BYTES;
  if (fallbackAt >= view.length) return err("malformed");
  const hasFallback = view[fallbackAt] === 1;
  if (!hasFallback && view[fallbackAt] !== 0) return err("malformed");
  if (view.length !== fallbackAt + 1 + (hasFallback ? KEY_BYTES : 0)) return err("malformed");
  const pair = (at: number): Uint8Array => x25519KeyPairOf(view.subarray(at, at + KEY_BYTES));
  using seed = Secret.from(view.subarray(4 + KEY_BYTES, 4 + 2 * KEY_BYTES), "ed25519-seed");
  const contents = AccountPickle.encode({
    ed25519: Buffer.from(Ed25519SigningKey.fromSeed(seed).publicKey, "base64"),
    curve25519: pair(4),
    oneTimeKeys: Array.from({ length: count }, (_, index) => pair(keysAt + index * KEY_BYTES)),
    fallbackKey: hasFallback ? pair(fallbackAt + 1) : undefined,
  });
  if (contents === undefined) return err("malformed");
  const account = Account.unpickle(transferCipher.seal(contents), transferCipher.pickleKey);
  return account.ok ? ok(account.value) : err("malformed");
}

/** As matrix-sdk-crypto derives it. It depends on the device id, so that one key serves many devices although libolm's IV is fixed. */
function legacyKey(key: DehydrationKey, deviceId: string): Secret<"pickle-key"> {
  return key.use((bytes) => hkdfSha256(bytes, Buffer.from(deviceId, "utf8"), "dehydrated-device-pickle-key", KEY_BYTES, "pickle-key"));
}

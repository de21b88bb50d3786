import { createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from "node:crypto";
import { parseEd25519PublicKey, type Ed25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { rawKeyPair } from "./jwk-pair.ts";
import { privateKeyObject } from "./private-key-object.ts";
import { publicKeyObject } from "./public-key-object.ts";
import type { Secret } from "./secret.ts";

const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;

/** Points whose order divides 8, with both signs; non-canonical encodings (y ≥ p) are refused separately. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]);

const SMALL_ORDER_FIRST_BYTES: ReadonlySet<number> = new Set([...SMALL_ORDER].map((hex) => Number.parseInt(hex.slice(0, 2), 16)));

/** The order of the base point, little endian. */
const GROUP_ORDER = Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex");

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Building a key object costs as much as half a verification, and the same devices sign again and again. */
const MAX_CACHED_KEYS = 1024;
const publicKeys = new Map<Ed25519PublicKey, KeyObject>();

/**
 * Strict verification: canonical encodings only, S below the group order (CVE-2024-45193), no small-order key or R. A signature may be
 * padded or unpadded base64. `publicKey` must be in canonical form, as its parser gives it. Never throws for what a peer sent.
 */
export function verifySignature(publicKey: Ed25519PublicKey, message: string | Uint8Array, signature: string): boolean {
  const decoded = decodeBase64(signature, { maxBytes: ED25519_SIGNATURE_BYTES });
  if (!decoded.ok || decoded.value.length !== ED25519_SIGNATURE_BYTES) return false;
  const r = decoded.value.subarray(0, 32);
  const s = decoded.value.subarray(32);
  if (!isBelowGroupOrder(s) || isWeakPoint(r)) return false;
  const key = verifyingKey(publicKey);
  if (key === undefined) return false;
  return verify(null, typeof message === "string" ? Buffer.from(message, "utf8") : message, key, decoded.value);
}

/** A key that a signature may be checked with: canonical, and not of small order. */
export function parseEd25519Key(value: unknown): Result<Ed25519PublicKey, "invalid-ed25519-key" | "low-order-key"> {
  const key = parseEd25519PublicKey(value);
  if (!key.ok) return key;
  return isWeakPoint(Buffer.from(key.value, "base64")) ? err("low-order-key") : ok(key.value);
}

/** The same of the 32 bytes themselves. */
export function ed25519KeyOfBytes(bytes: Uint8Array): Result<Ed25519PublicKey, "invalid-ed25519-key" | "low-order-key"> {
  if (bytes.length !== ED25519_KEY_BYTES) return err("invalid-ed25519-key");
  return isWeakPoint(bytes) ? err("low-order-key") : ok(encodeBase64(bytes) as Ed25519PublicKey);
}

/** A signing key made from its 32-byte seed; used for cross-signing keys. */
export class Ed25519SigningKey {
  readonly publicKey: Ed25519PublicKey;
  readonly #key: KeyObject;

  private constructor(key: KeyObject, publicKey: Ed25519PublicKey) {
    this.#key = key;
    this.publicKey = publicKey;
  }

  /** The seed stays the caller's. Throws when it is not 32 bytes. */
  static fromSeed(seed: Secret<string>): Ed25519SigningKey {
    return seed.use((bytes) => {
      if (bytes.length !== ED25519_KEY_BYTES) throw new Error("an Ed25519 seed has 32 bytes");
      const key = ed25519PrivateKey(bytes);
      return new Ed25519SigningKey(key, ed25519PublicKeyOf(key));
    });
  }

  /** Signature over the UTF-8 bytes of `message`, in unpadded base64. */
  sign(message: string): string {
    return signEd25519(this.#key, message);
  }
}

/** A new key pair. SECURITY: `seed` is secret. */
export function newEd25519KeyPair(): { readonly publicKey: Buffer; readonly seed: Buffer; readonly privateKey: KeyObject } {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { publicKey, privateKey: seed } = rawKeyPair(privateKey.export({ format: "jwk" }));
  return { publicKey, seed, privateKey };
}

/** SECURITY: secret, 64 bytes: the hash of the seed, its first half clamped (RFC 8032 §5.1.5), which is how libolm keeps a private key. */
export function expandEd25519Seed(seed: Uint8Array): Buffer {
  const expanded = hash("sha512", seed, "buffer");
  expanded[0] = (expanded[0] ?? 0) & 0xf8;
  expanded[31] = ((expanded[31] ?? 0) & 0x3f) | 0x40;
  return expanded;
}

/** The key of a 32-byte seed, which stays the caller's. */
export const ed25519PrivateKey = (seed: Uint8Array): KeyObject => privateKeyObject("ed25519", seed);

/** In unpadded base64. */
export function ed25519PublicKeyOf(privateKey: KeyObject): Ed25519PublicKey {
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const publicKey = parseEd25519PublicKey(encodeBase64(spki.subarray(SPKI_PREFIX.length)));
  if (!publicKey.ok) throw new Error("unexpected SPKI encoding of an Ed25519 key");
  return publicKey.value;
}

/** Signature over the UTF-8 bytes of `message`, in unpadded base64. */
export function signEd25519(privateKey: KeyObject, message: string): string {
  return encodeBase64(sign(null, Buffer.from(message, "utf8"), privateKey));
}

function verifyingKey(publicKey: Ed25519PublicKey): KeyObject | undefined {
  const cached = publicKeys.get(publicKey);
  if (cached !== undefined) {
    publicKeys.delete(publicKey);
    publicKeys.set(publicKey, cached);
    return cached;
  }
  const raw = Buffer.from(publicKey, "base64");
  if (raw.length !== ED25519_KEY_BYTES || isWeakPoint(raw)) return undefined;
  const key = publicKeyObject("ed25519", publicKey);
  publicKeys.set(publicKey, key);
  if (publicKeys.size > MAX_CACHED_KEYS) {
    for (const oldest of publicKeys.keys()) {
      publicKeys.delete(oldest);
      break;
    }
  }
  return key;
}

function isBelowGroupOrder(s: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (s[i] ?? 0) - (GROUP_ORDER[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Small order, or not the canonical encoding of its point. */
function isWeakPoint(point: Uint8Array): boolean {
  const last = (point[31] ?? 0) & 0x7f;
  if (last === 0x7f && (point[0] ?? 0) >= 0xed && point.subarray(1, 31).every((byte) => byte === 0xff)) return true;
  // Few others begin like one of them.
  if (!SMALL_ORDER_FIRST_BYTES.has(point[0] ?? 0)) return false;
  return SMALL_ORDER.has(Buffer.from(point.buffer, point.byteOffset, point.byteLength).toString("hex"));
}

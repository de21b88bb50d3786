import { createPublicKey } from "node:crypto";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { encodeBase64 } from "./base64.ts";
import { isLowOrderKey } from "./curve25519.ts";
import { hkdfSha256 } from "./hkdf.ts";
import { constantTimeEqual, hmacSha256 } from "./hmac.ts";
import { Secret } from "./secret.ts";
import { agree, x25519PrivateKey, x25519PublicKey } from "./x25519.ts";

/*
 * The key agreement of short authentication strings, with the platform's X25519 instead of libolm's `SAS` objects: those change with every step and cannot
 * be copied, so that a transaction which rolls back would leave a used-up one behind. Checked against libolm's in tests/vectors.
 */

/** How a SAS flow computes its MACs. All are HMAC-SHA-256 under a key from HKDF; they differ in their base64. */
export type SasMacMethod = "hkdf-hmac-sha256.v2" | "org.matrix.msc3783.hkdf-hmac-sha256" | "hkdf-hmac-sha256";

const KEY_BYTES = 32;
const MAC_KEY_BYTES = 32;
const NO_SALT = new Uint8Array(0);
const ALPHABET = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/** Our half of a key agreement, for one agreement only. Immutable. */
export class SasKeyPair {
  readonly publicKey: Curve25519PublicKey;
  readonly #privateKey: Secret<"sas-private-key">;

  private constructor(publicKey: Curve25519PublicKey, privateKey: Secret<"sas-private-key">) {
    this.publicKey = publicKey;
    this.#privateKey = privateKey;
  }

  /** From 32 secret random bytes, which are wiped. */
  static fromRandom(random: Uint8Array): SasKeyPair {
    if (random.length !== KEY_BYTES) throw new Error("a SAS key has 32 bytes");
    const spki = createPublicKey(x25519PrivateKey(random)).export({ format: "der", type: "spki" });
    const publicKey = parseCurve25519PublicKey(encodeBase64(spki.subarray(-KEY_BYTES)));
    if (!publicKey.ok) throw new Error("unexpected SPKI encoding of an X25519 key");
    return new SasKeyPair(publicKey.value, Secret.take(random, "sas-private-key"));
  }

  /** Agrees with the other side's key. Keys with which the agreement would not depend on us are refused. */
  agree(theirKey: Curve25519PublicKey): Result<SasAgreement, "low-order-key"> {
    if (isLowOrderKey(theirKey)) return err("low-order-key");
    const theirs = x25519PublicKey(Buffer.from(theirKey, "base64"));
    const shared = this.#privateKey.use((bytes) => agree(x25519PrivateKey(bytes), theirs));
    return ok(new SasAgreement(this.publicKey, theirKey, Secret.take(shared, "sas-shared-secret")));
  }

  [Symbol.dispose](): void {
    this.#privateKey[Symbol.dispose]();
  }
}

/** A finished key agreement. Immutable. */
export class SasAgreement {
  readonly ourKey: Curve25519PublicKey;
  readonly theirKey: Curve25519PublicKey;
  readonly #secret: Secret<"sas-shared-secret">;

  /** For `SasKeyPair.agree` only. */
  constructor(ourKey: Curve25519PublicKey, theirKey: Curve25519PublicKey, secret: Secret<"sas-shared-secret">) {
    this.ourKey = ourKey;
    this.theirKey = theirKey;
    this.#secret = secret;
  }

  /** HKDF-SHA-256 of the shared secret; `info` as E2EE §SAS HKDF calculation gives it. */
  generateBytes(info: string, length: number): Uint8Array {
    using bytes = this.#derive(info, length);
    return bytes.use((value) => Uint8Array.from(value));
  }

  /** `info` as E2EE §MAC calculation gives it. */
  calculateMac(method: SasMacMethod, input: string, info: string): string {
    using key = this.#derive(info, MAC_KEY_BYTES);
    const mac = key.use((bytes) => hmacSha256(bytes, input));
    return method === "hkdf-hmac-sha256" ? encodeBrokenBase64(mac) : encodeBase64(mac);
  }

  /** In time that does not depend on where a wrong MAC differs. Padding is accepted, as some peers send it. */
  verifyMac(method: SasMacMethod, input: string, info: string, claimed: string): boolean {
    const encoder = new TextEncoder();
    return constantTimeEqual(encoder.encode(this.calculateMac(method, input, info)), encoder.encode(claimed.replace(/=+$/, "")));
  }

  #derive(info: string, length: number): Secret<"sas-derived"> {
    return this.#secret.use((secret) => hkdfSha256(secret, NO_SALT, info, length, "sas-derived"));
  }

  [Symbol.dispose](): void {
    this.#secret[Symbol.dispose]();
  }
}

/** What libolm's first MAC method made of 32 bytes: it encoded in place, from the front, over bytes that it had yet to read. MSC3783. */
function encodeBrokenBase64(mac: Uint8Array): string {
  const buffer = new Uint8Array(Math.ceil((mac.length * 4) / 3));
  buffer.set(mac);
  let out = 0;
  for (let at = 0; at < mac.length; at += 3) {
    const left = Math.min(3, mac.length - at);
    const bits = ((buffer[at] ?? 0) << 16) | (left > 1 ? (buffer[at + 1] ?? 0) << 8 : 0) | (left > 2 ? (buffer[at + 2] ?? 0) : 0);
    for (let i = 0; i <= left; i++) buffer[out++] = ALPHABET[(bits >> (18 - 6 * i)) & 63] ?? 0;
  }
  return new TextDecoder().decode(buffer);
}

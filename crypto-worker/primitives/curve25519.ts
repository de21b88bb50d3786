import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

/** The u-coordinates of every point whose order divides 8, canonical and not, little endian (the top bit is ignored by X25519). */
const LOW_ORDER: readonly string[] = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

const LOW_ORDER_BASE64: ReadonlySet<string> = new Set(
  LOW_ORDER.flatMap((hex) => {
    const bytes = Buffer.from(hex, "hex");
    const highBit = Buffer.from(bytes);
    highBit[31] = (highBit[31] ?? 0) | 0x80;
    return [bytes, highBit].map((b) => b.toString("base64").slice(0, 43));
  }),
);

/**
 * Whether a Diffie-Hellman with this public key gives a result that does not depend on our private key. libolm accepts such keys
 * everywhere, so each wrapper asks here first. Public data: no constant time is needed.
 */
export function isLowOrder(key: Uint8Array): boolean {
  return LOW_ORDER_BASE64.has(Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("base64").slice(0, 43));
}

/** As `isLowOrder`, for a key in its canonical text form. */
export function isLowOrderKey(key: Curve25519PublicKey): boolean {
  return LOW_ORDER_BASE64.has(key);
}

/** A key that is safe to hand to libolm: 32 bytes, canonical base64, not of low order. */
export function parseCurve25519Key(value: unknown): Result<Curve25519PublicKey, "invalid-curve25519-key" | "low-order-key"> {
  const key = parseCurve25519PublicKey(value);
  if (!key.ok) return key;
  return isLowOrderKey(key.value) ? err("low-order-key") : ok(key.value);
}

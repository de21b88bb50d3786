import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parseEd25519PublicKey } from "../../protocol/ids.ts";
import { must } from "../../tests/support/megolm-world.ts";
import { encodeBase64 } from "./base64.ts";
import { Ed25519SigningKey, parseEd25519Key, verifySignature } from "./ed25519.ts";
import { loadOlm, olm } from "./olm-library.ts";
import { Secret } from "./secret.ts";

// A key of small order: whoever picks R = S·B has a signature of it over every message (the neutral element) or over many (the others). R and S are
// ordinary, so that only the look at the key itself refuses it.

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
}

/** The scalar of a key pair, and its point: RFC 8032, 5.1.5. */
function multipleOfTheBase(seed: Buffer): { readonly r: Buffer; readonly s: Buffer } {
  const scalar = createHash("sha512").update(seed).digest().subarray(0, 32);
  scalar[0] = (scalar[0] ?? 0) & 248;
  scalar[31] = ((scalar[31] ?? 0) & 127) | 64;
  const value = BigInt(`0x${Buffer.from(scalar).reverse().toString("hex")}`);
  const { publicKey } = Ed25519SigningKey.fromSeed(Secret.from(seed, "seed"));
  return { r: Buffer.from(publicKey, "base64"), s: littleEndian(value % L) };
}

/** What libolm says of the same signature. */
function acceptedByLibolm(key: Buffer, message: string, signature: Buffer): boolean {
  const utility = new (olm().Utility)();
  try {
    utility.ed25519_verify(encodeBase64(key), message, encodeBase64(signature));
    return true;
  } catch {
    return false;
  } finally {
    utility.free();
  }
}

beforeAll(() => loadOlm());

const weak: readonly (readonly [string, Buffer])[] = [
  ["the neutral element", littleEndian(1n)],
  ["the point of order 2", littleEndian(P - 1n)],
  ["a point of order 4", littleEndian(0n)],
];

describe("a signature that a key of small order makes of nothing", () => {
  test.each(weak)("is refused: %s", (_name, key) => {
    const publicKey = must(parseEd25519PublicKey(encodeBase64(key)));
    const { r, s } = multipleOfTheBase(Buffer.alloc(32, 7));
    const signature = Buffer.concat([r, s]);
    const messages = Array.from({ length: 40 }, (_, n) => `message ${n}`);
    // It is no garbage: an implementation without the check takes it.
    expect(messages.some((message) => acceptedByLibolm(key, message, signature))).toBe(true);
    for (const message of messages) expect(verifySignature(publicKey, message, encodeBase64(signature))).toBe(false);
    expect(parseEd25519Key(encodeBase64(key))).toEqual({ ok: false, error: "low-order-key" });
  });
});

import { createPublicKey, verify } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { parseEd25519PublicKey, type Ed25519PublicKey } from "../../protocol/ids.ts";
import { Ed25519SigningKey, parseEd25519Key, verifySignature } from "./ed25519.ts";
import { loadOlm, olm } from "./olm-library.ts";
import { Secret } from "./secret.ts";

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const SMALL_ORDER_Y_8 = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;

const littleEndian = (n: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
const fromLittleEndian = (bytes: Uint8Array): bigint => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);
const base64 = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString("base64").replaceAll("=", "");

function keyOf(bytes: Uint8Array): Ed25519PublicKey {
  const key = parseEd25519PublicKey(base64(bytes));
  if (!key.ok) throw new Error("not a key");
  return key.value;
}

const signer = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(7), "seed"));
const message = "the message";
const signature = signer.sign(message);

beforeAll(() => loadOlm());

describe("verifySignature", () => {
  test("accepts a genuine signature, padded or not, over text or bytes", () => {
    expect(verifySignature(signer.publicKey, message, signature)).toBe(true);
    expect(verifySignature(signer.publicKey, message, `${signature}==`)).toBe(true);
    expect(verifySignature(signer.publicKey, Buffer.from(message), signature)).toBe(true);
  });

  test("refuses every single flipped bit of a signature, and other messages and keys", () => {
    const bytes = Buffer.from(signature, "base64");
    for (let bit = 0; bit < 512; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifySignature(signer.publicKey, message, base64(flipped))).toBe(false);
    }
    expect(verifySignature(signer.publicKey, `${message} `, signature)).toBe(false);
    const other = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(8), "seed"));
    expect(verifySignature(other.publicKey, message, signature)).toBe(false);
  });

  test.each([
    "",
    "A",
    signature.slice(0, -1),
    `${signature}A`,
    `${signature}=`,
    `${signature}===`,
    ` ${signature}`,
    signature.slice(0, 44),
  ])("refuses the malformed signature %j", (text) => expect(verifySignature(signer.publicKey, message, text)).toBe(false));

  test("refuses S + L, which libolm accepts (CVE-2024-45193)", () => {
    const bytes = Buffer.from(signature, "base64");
    const malleated = base64(bytes.subarray(0, 32), littleEndian(fromLittleEndian(bytes.subarray(32)) + L));
    const utility = new (olm().Utility)();
    expect(() => utility.ed25519_verify(signer.publicKey, message, malleated)).not.toThrow();
    utility.free();
    expect(verifySignature(signer.publicKey, message, malleated)).toBe(false);
  });

  test("refuses S = L exactly, and accepts nothing for S = L − 1 by chance", () => {
    const r = Buffer.from(signature, "base64").subarray(0, 32);
    for (const s of [L, L - 1n, L + 1n, 2n ** 256n - 1n])
      expect(verifySignature(signer.publicKey, message, base64(r, littleEndian(s)))).toBe(false);
  });

  test("refuses every small-order key and R, also in non-canonical encodings, with which libolm can be made to accept any message", () => {
    const ys = [0n, 1n, P - 1n, SMALL_ORDER_Y_8, P - SMALL_ORDER_Y_8, P, P + 1n];
    const encodings = ys.flatMap((y) => [littleEndian(y), littleEndian(y | (1n << 255n))]);
    const zero = littleEndian(0n);
    let acceptedByLibolm = 0;
    const utility = new (olm().Utility)();
    for (const a of encodings) {
      expect(parseEd25519Key(base64(a))).toEqual({ ok: false, error: "low-order-key" });
      for (const r of encodings) {
        const forged = base64(r, zero);
        expect(verifySignature(keyOf(a), message, forged)).toBe(false);
        try {
          utility.ed25519_verify(keyOf(a), message, forged);
          acceptedByLibolm++;
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }
    utility.free();
    expect(acceptedByLibolm).toBeGreaterThan(0);
    for (const r of encodings) expect(verifySignature(signer.publicKey, message, base64(r, zero))).toBe(false);
  });

  test("refuses every non-canonical y of a key", () => {
    for (let y = P; y < 2n ** 255n; y++) expect(parseEd25519Key(base64(littleEndian(y))).ok).toBe(false);
  });

  test("a key that is no point of the curve verifies nothing and does not throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 64, maxLength: 64 }), (key, sig) => {
        expect(verifySignature(keyOf(key), message, base64(sig))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test("the key cache does not mix keys up", () => {
    const many = Array.from({ length: 1100 }, (_, i) => {
      const seed = new Uint8Array(32);
      new DataView(seed.buffer).setUint32(0, i);
      return Ed25519SigningKey.fromSeed(Secret.from(seed, "seed"));
    });
    const signatures = many.map((key) => key.sign(message));
    many.forEach((key, i) => expect(verifySignature(key.publicKey, message, signatures[i] ?? "")).toBe(true));
    for (const i of [0, 1, 500, 1099])
      expect(verifySignature(many[i]?.publicKey ?? signer.publicKey, message, signatures[i + 1] ?? "")).toBe(false);
  });
});

describe("Ed25519SigningKey", () => {
  test("signs exactly as libolm does", () => {
    const seed = new Uint8Array(32).fill(42);
    const theirs = new (olm().PkSigning)();
    const publicKey = theirs.init_with_seed(seed);
    const ours = Ed25519SigningKey.fromSeed(Secret.from(seed, "seed"));
    expect(ours.publicKey).toBe(publicKey);
    for (const text of ["", "abc", "ünï¢ode 🔑", "x".repeat(10_000)]) expect(ours.sign(text)).toBe(theirs.sign(text));
    theirs.free();
  });

  test("refuses a seed of another length", () => {
    expect(() => Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(31), "seed"))).toThrow("32 bytes");
  });

  test("its public key is a plain one for everybody else", () => {
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(signer.publicKey, "base64").toString("base64url") },
      format: "jwk",
    });
    expect(verify(null, Buffer.from(message), key, Buffer.from(signature, "base64"))).toBe(true);
  });
});

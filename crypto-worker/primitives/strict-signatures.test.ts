import { beforeEach, expect, test, vi } from "vitest";
import type * as crypto from "node:crypto";
import { encodeBase64 } from "./base64.ts";
import { Ed25519SigningKey, verifySignature } from "./ed25519.ts";
import { Secret } from "./secret.ts";

// The platforms that we know look at S and R themselves, by RFC 8032 or stricter. None promises to, so this one accepts whatever it is asked about.

const asked = vi.hoisted(() => ({ count: 0 }));
vi.mock("node:crypto", async (original) => ({
  ...(await original<typeof crypto>()),
  verify: () => {
    asked.count += 1;
    return true;
  },
}));

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const littleEndian = (value: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

const signer = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(7), "seed"));
const genuine = Buffer.from(signer.sign("text"), "base64");
const accepts = (r: Uint8Array, s: Uint8Array): boolean => verifySignature(signer.publicKey, "text", encodeBase64(Buffer.concat([r, s])));

beforeEach(() => {
  asked.count = 0;
});

test.each([L, L + 1n, 2n ** 253n, 2n ** 256n - 1n])("a signature whose S is %s is refused before the platform is asked", (s) => {
  expect(accepts(genuine.subarray(0, 32), littleEndian(s))).toBe(false);
  expect(asked.count).toBe(0);
});

test("S may be anything below the order of the group", () => {
  for (const s of [0n, 1n, 2n ** 252n, L - 1n]) expect(accepts(genuine.subarray(0, 32), littleEndian(s))).toBe(true);
  expect(asked.count).toBe(4);
});

test.each([0n, 1n, P - 1n, P, P + 1n, 2n ** 255n - 1n, 1n + 2n ** 255n])(
  "a signature whose R is the weak or odd encoding %s is refused before the platform is asked",
  (r) => {
    expect(accepts(littleEndian(r), genuine.subarray(32))).toBe(false);
    expect(asked.count).toBe(0);
  },
);

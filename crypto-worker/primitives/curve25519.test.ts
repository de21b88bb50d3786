import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isLowOrder, parseCurve25519Key } from "./curve25519.ts";

const P = 2n ** 255n - 19n;
const toBytes = (u: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => Number((u >> BigInt(8 * i)) & 255n));
const ORDER_8 = [
  0x00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
];
/** Every u below 2^255 that is congruent to the coordinate of a point of small order. */
const LOW_ORDER = [0n, 1n, P - 1n, ...ORDER_8].flatMap((u) => [u, u + P].filter((x) => x < 2n ** 255n));

describe("low-order Curve25519 keys", () => {
  test.each(LOW_ORDER.flatMap((u) => [u, u | (1n << 255n)]))("refuses %s", (u) => {
    const bytes = toBytes(u);
    expect(isLowOrder(bytes)).toBe(true);
    expect(parseCurve25519Key(Buffer.from(bytes).toString("base64").slice(0, 43))).toEqual({ ok: false, error: "low-order-key" });
  });

  test("the list is complete: exactly these give an all-zero agreement in OpenSSL", () => {
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.alloc(32, 0x5a)]);
    const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const agrees = (bytes: Uint8Array): boolean => {
      const spki = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), bytes]);
      try {
        diffieHellman({ privateKey, publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }) });
        return true;
      } catch {
        return false;
      }
    };
    for (const u of LOW_ORDER) expect([agrees(toBytes(u)), isLowOrder(toBytes(u))]).toEqual([false, true]);
    for (const u of [2n, 9n, P - 2n, P + 2n, P + 18n, 2n ** 255n - 1n]) {
      expect(agrees(toBytes(u))).toBe(true);
      expect(isLowOrder(toBytes(u))).toBe(false);
    }
  });

  test("a usual key passes, padded or not, and comes out canonical", () => {
    const key = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo";
    expect(parseCurve25519Key(key)).toEqual({ ok: true, value: key });
    expect(parseCurve25519Key(`${key}=`)).toEqual({ ok: true, value: key });
  });

  test.each([
    undefined,
    null,
    1,
    {},
    "",
    "A".repeat(42),
    "A".repeat(44),
    `${"A".repeat(42)}B`,
    "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
  ])("refuses %j as a key", (value) => expect(parseCurve25519Key(value)).toEqual({ ok: false, error: "invalid-curve25519-key" }));
});

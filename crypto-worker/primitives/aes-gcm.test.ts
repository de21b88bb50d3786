import { expect, it } from "vitest";
import { openAesGcm, sealAesGcm } from "./aes-gcm.ts";
import { Secret } from "./secret.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const key = (hex: string): Secret<"key"> => Secret.take(bytes(hex), "key");

it("gives the bytes of NIST's test case 16 for AES-256-GCM", () => {
  const plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
  const sealed = sealAesGcm(
    key("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
    bytes("cafebabefacedbaddecaf888"),
    key(plain),
    bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  );
  expect(Buffer.from(sealed).toString("hex")).toBe(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
  );
});

it("opens only with the same key, nonce and context, whole and unchanged", () => {
  const secret = "11".repeat(32);
  const nonce = bytes("22".repeat(12));
  const context = bytes("33");
  const sealed = sealAesGcm(key(secret), nonce, key("44".repeat(32)), context);
  const opened = openAesGcm(key(secret), nonce, sealed, context, "plain");
  expect(opened.ok && opened.value.use((plain) => Buffer.from(plain).toString("hex"))).toBe("44".repeat(32));
  const flipped = Uint8Array.from(sealed);
  flipped[3] = (flipped[3] ?? 0) ^ 1;
  for (const outcome of [
    openAesGcm(key("12".repeat(32)), nonce, sealed, context, "plain"),
    openAesGcm(key(secret), bytes("23".repeat(12)), sealed, context, "plain"),
    openAesGcm(key(secret), nonce, sealed, bytes("34"), "plain"),
    openAesGcm(key(secret), nonce, flipped, context, "plain"),
    openAesGcm(key(secret), nonce, sealed.subarray(0, 20), context, "plain"),
    openAesGcm(key(secret), bytes("22"), sealed, context, "plain"),
  ])
    expect(outcome).toEqual({ ok: false, error: "not-authentic" });
  // GCM itself takes any nonce, and hashes those that are not 12 bytes: one that is genuine all the same is none of ours.
  const long = bytes("22".repeat(16));
  const other = sealAesGcm(key(secret), long, key("44"), context);
  expect(openAesGcm(key(secret), long, other, context, "plain")).toEqual({ ok: false, error: "not-authentic" });
});

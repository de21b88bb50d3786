// The two file formats, made with fixed keys by a second implementation on node:crypto: key export (E2EE §Key exports) and encrypted attachments.
import { createCipheriv, createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { decryptAttachment } from "../../crypto-worker/machine/attachments/attachment-decryptor.ts";
import { decryptRoomKeyFile } from "../../crypto-worker/machine/megolm/room-key-file.ts";
import { parseEncryptedFile } from "../../crypto-worker/wire/encrypted-file.ts";
import { must } from "../support/megolm-world.ts";

const bytesUpTo = (count: number, from: number): Buffer => Buffer.from(Array.from({ length: count }, (_, i) => (from + i) & 255));

describe("a key file", () => {
  const passphrase = "pässphrase";
  const salt = bytesUpTo(16, 1);
  const iv = bytesUpTo(16, 64);
  const entries = [{ session_id: "one" }, { session_id: "two", padding: "x".repeat(200) }];
  const derived = pbkdf2Sync(passphrase, salt, 3, 64, "sha512");

  function seal(head: Buffer, ciphertext: Buffer): Buffer {
    const body = Buffer.concat([head, ciphertext]);
    return Buffer.concat([body, createHmac("sha256", derived.subarray(32)).update(body).digest()]);
  }

  const head = Buffer.concat([Buffer.from([1]), salt, iv, Buffer.from([0, 0, 0, 3])]);
  const cipher = createCipheriv("aes-256-ctr", derived.subarray(0, 32), iv);
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(entries)), cipher.final()]);
  const whole = seal(head, ciphertext);
  const read = (bytes: Buffer) =>
    decryptRoomKeyFile(`-----BEGIN MEGOLM SESSION DATA-----\n${bytes.toString("base64")}\n-----END MEGOLM SESSION DATA-----`, passphrase);

  test("is read", () => {
    expect(read(whole)).toEqual({ ok: true, value: entries });
  });

  test("cut anywhere is refused", () => {
    for (let length = 0; length < whole.length; length++) expect(read(whole.subarray(0, length)).ok).toBe(false);
  });

  test("with any bit flipped is refused before it is decrypted", () => {
    for (let bit = 0; bit < whole.length * 8; bit++) {
      // The rounds' upper bytes are the work that a file asks for; what is too much has its own test.
      if (bit >= 33 * 8 && bit < 37 * 8) continue;
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = read(flipped);
      expect(result.ok ? "read" : result.error).toBe(bit < 8 ? "unsupported-version" : "wrong-passphrase");
    }
  });

  test("with blocks or parts in another order is refused", () => {
    const blocks = [ciphertext.subarray(0, 16), ciphertext.subarray(16, 32), ciphertext.subarray(32)] as const;
    const reordered = Buffer.concat([head, blocks[1], blocks[0], blocks[2], whole.subarray(-32)]);
    expect(read(reordered)).toEqual({ ok: false, error: "wrong-passphrase" });
    const swapped = Buffer.concat([head.subarray(0, 1), iv, salt, head.subarray(33), ciphertext, whole.subarray(-32)]);
    expect(read(swapped)).toEqual({ ok: false, error: "wrong-passphrase" });
  });

  test("under a right MAC, but of no list, is refused", () => {
    for (const text of ["{}", "[", "", '"x"']) {
      const stream = createCipheriv("aes-256-ctr", derived.subarray(0, 32), iv);
      expect(read(seal(head, stream.update(text)))).toEqual({ ok: false, error: "invalid-json" });
    }
  });
});

describe("an encrypted file", () => {
  const key = bytesUpTo(32, 7);
  const iv = Buffer.concat([bytesUpTo(8, 200), Buffer.alloc(8)]);
  const plaintext = Buffer.from("a file of more than two blocks, and then some");
  const cipher = createCipheriv("aes-256-ctr", key, iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const description = (of: Buffer) => ({
    v: "v2",
    url: "mxc://example.org/abc",
    key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k: key.toString("base64url"), ext: true },
    iv: iv.toString("base64").replaceAll("=", ""),
    hashes: { sha256: createHash("sha256").update(of).digest("base64").replaceAll("=", "") },
  });
  const keys = must(parseEncryptedFile(description(ciphertext)));

  test("is read", () => {
    expect(Buffer.from(must(decryptAttachment(keys, ciphertext)))).toEqual(plaintext);
  });

  test("cut, with any bit flipped or with blocks in another order gives nothing", () => {
    const refused = { ok: false, error: "wrong-hash" };
    for (let length = 0; length < ciphertext.length; length++)
      expect(decryptAttachment(keys, ciphertext.subarray(0, length))).toEqual(refused);
    for (let bit = 0; bit < ciphertext.length * 8; bit++) {
      const flipped = Buffer.from(ciphertext);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decryptAttachment(keys, flipped)).toEqual(refused);
    }
    const reordered = Buffer.concat([ciphertext.subarray(16, 32), ciphertext.subarray(0, 16), ciphertext.subarray(32)]);
    expect(decryptAttachment(keys, reordered)).toEqual(refused);
  });

  test("the hash of the plaintext is not taken for that of the file", () => {
    expect(decryptAttachment(must(parseEncryptedFile(description(plaintext))), ciphertext)).toEqual({ ok: false, error: "wrong-hash" });
  });
});

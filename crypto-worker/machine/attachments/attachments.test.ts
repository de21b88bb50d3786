import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import * as wasm from "@matrix-org/matrix-sdk-crypto-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../tests/support/megolm-world.ts";
import { parseMxcUri } from "../../../protocol/ids.ts";
import { encodeEncryptedFile, parseEncryptedFile, type AttachmentKeys } from "../../wire/encrypted-file.ts";
import { AttachmentVerifier, decryptAttachment } from "./attachment-decryptor.ts";
import { AttachmentEncryptor } from "./attachment-encryptor.ts";

const env = { randomBytes: (length: number) => new Uint8Array(randomBytes(length)) };
const URL = must(parseMxcUri("mxc://example.org/abc"));

beforeAll(() => wasm.initAsync());

function encrypt(plaintext: Uint8Array, chunk = 1000): { ciphertext: Buffer; keys: AttachmentKeys } {
  const encryptor = new AttachmentEncryptor(env);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < plaintext.length; at += chunk) parts.push(encryptor.push(plaintext.subarray(at, at + chunk)));
  return { ciphertext: Buffer.concat(parts), keys: encryptor.finish() };
}

function changed(file: object, change: Record<string, unknown>): unknown {
  return { ...file, ...change };
}

describe("a file", () => {
  test.each([0, 1, 15, 16, 17, 1000, 100_001])("of %i bytes comes back, in whatever pieces", (size) => {
    const plaintext = randomBytes(size);
    for (const chunk of [1 + Math.floor(size / 3), 7919]) {
      const { ciphertext, keys } = encrypt(plaintext, chunk);
      expect(ciphertext.length).toBe(size);
      expect(Buffer.from(must(decryptAttachment(keys, ciphertext))).equals(plaintext)).toBe(true);
      const verifier = new AttachmentVerifier(keys);
      for (let at = 0; at < size; at += 333) verifier.push(ciphertext.subarray(at, at + 333));
      const decryptor = must(verifier.finish());
      const parts: Uint8Array[] = [];
      for (let at = 0; at < size; at += 4096) parts.push(decryptor.push(ciphertext.subarray(at, at + 4096)));
      expect(Buffer.concat(parts).equals(plaintext)).toBe(true);
      expect(decryptor.finish().ok).toBe(true);
    }
  });

  test("has a key and a nonce of its own, and a counter that starts at nothing", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { keys } = encrypt(randomBytes(10));
      seen.add(keys.key.use((key) => Buffer.from(key).toString("hex")));
      seen.add(Buffer.from(keys.iv).toString("hex"));
      expect([...keys.iv.subarray(8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    }
    expect(seen.size).toBe(40);
  });

  test("gives no plaintext when any bit of it was changed, or its end is missing", () => {
    const { ciphertext, keys } = encrypt(randomBytes(300));
    for (let at = 0; at < ciphertext.length; at += 13) {
      const copy = Buffer.from(ciphertext);
      copy[at] = (copy[at] ?? 0) ^ 0x10;
      expect(decryptAttachment(keys, copy)).toEqual({ ok: false, error: "wrong-hash" });
    }
    expect(decryptAttachment(keys, ciphertext.subarray(0, -1)).ok).toBe(false);
    expect(decryptAttachment(keys, Buffer.concat([ciphertext, Buffer.alloc(1)])).ok).toBe(false);
  });

  test("that changed between the passes is told of", () => {
    const { ciphertext, keys } = encrypt(randomBytes(300));
    const verifier = new AttachmentVerifier(keys);
    verifier.push(ciphertext);
    const decryptor = must(verifier.finish());
    decryptor.push(ciphertext.subarray(0, 200));
    decryptor.push(randomBytes(100));
    expect(decryptor.finish()).toEqual({ ok: false, error: "wrong-hash" });
  });

  test("is finished once", () => {
    const encryptor = new AttachmentEncryptor(env);
    encryptor.finish();
    expect(() => encryptor.push(new Uint8Array(1))).toThrow();
    expect(() => encryptor.finish()).toThrow();
  });
});

describe("its description", () => {
  test("comes back, and shows no key when it is printed", () => {
    const { ciphertext, keys } = encrypt(Buffer.from("a picture"));
    const json = encodeEncryptedFile(URL, keys);
    const file = must(parseEncryptedFile(JSON.parse(JSON.stringify(json))));
    expect(Buffer.from(must(decryptAttachment(file, ciphertext))).toString()).toBe("a picture");
    const k = keys.key.use((key) => Buffer.from(key).toString("base64url"));
    expect(JSON.stringify(json)).toContain(k);
    expect(inspect(file, { depth: 9 }) + JSON.stringify(file)).not.toContain(k.slice(0, 12));
  });

  test("says what is wrong with it", () => {
    const { keys } = encrypt(Buffer.from("x"));
    const json = encodeEncryptedFile(URL, keys);
    const key = json["key"] as Record<string, unknown>;
    const errorOf = (value: unknown) => {
      const file = parseEncryptedFile(value);
      return file.ok ? "ok" : file.error;
    };
    expect(errorOf(json)).toBe("ok");
    expect(errorOf(null)).toBe("not-an-object");
    for (const v of [undefined, "v1", "", 2]) expect(errorOf(changed(json, { v }))).toBe("unsupported-version");
    for (const url of [undefined, "https://example.org/x", "mxc://example.org/../x", "mxc://example.org/a/b"])
      expect(errorOf(changed(json, { url }))).toBe("invalid-mxc-uri");
    for (const iv of [undefined, "", "AAAA", `${"A".repeat(22)}AA`, 7]) expect(errorOf(changed(json, { iv }))).toBe("iv-length");
    for (const hashes of [undefined, {}, { sha1: "AAAA" }, { sha256: "AAAA" }, { sha256: 1 }])
      expect(errorOf(changed(json, { hashes }))).toBe("missing-hash");
    for (const change of [{ kty: "RSA" }, { alg: "A128CTR" }, { alg: undefined }])
      expect(errorOf(changed(json, { key: { ...key, ...change } }))).toBe("unsupported-key");
    for (const k of [undefined, "", "AAAA", "A".repeat(44), "+".repeat(43)])
      expect(errorOf(changed(json, { key: { ...key, k } }))).toBe("key-length");
  });
});

describe("with matrix-sdk-crypto", () => {
  test("they read ours", () => {
    const { ciphertext, keys } = encrypt(Buffer.from("from us"));
    const attachment = new wasm.EncryptedAttachment(ciphertext, JSON.stringify(encodeEncryptedFile(URL, keys)));
    expect(Buffer.from(wasm.Attachment.decrypt(attachment)).toString()).toBe("from us");
  });

  test("we read theirs", () => {
    const attachment = wasm.Attachment.encrypt(Buffer.from("from them"));
    const json = { ...(JSON.parse(attachment.mediaEncryptionInfo ?? "") as object), url: URL };
    const file = must(parseEncryptedFile(json));
    expect(Buffer.from(must(decryptAttachment(file, attachment.encryptedData))).toString()).toBe("from them");
  });
});

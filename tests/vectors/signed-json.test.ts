// Values of the Matrix specification, v1.18, appendices: "Canonical JSON" examples and "Cryptographic Test Vectors", JSON signing.
import { describe, expect, test } from "vitest";
import { Ed25519SigningKey } from "../../crypto-worker/primitives/ed25519.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";
import { canonicalJson } from "../../crypto-worker/wire/canonical-json.ts";
import { parseJsonObject, type JsonObject } from "../../crypto-worker/wire/json.ts";
import { signatureOf, signJson, verifyJson } from "../../crypto-worker/wire/signatures.ts";

const CANONICAL: readonly (readonly [string, string])[] = [
  ["{}", "{}"],
  ['{\n "one": 1,\n "two": "Two"\n}', '{"one":1,"two":"Two"}'],
  ['{ "b": "2", "a": "1" }', '{"a":"1","b":"2"}'],
  ['{"b":"2","a":"1"}', '{"a":"1","b":"2"}'],
  [
    `{ "auth": { "success": true, "mxid": "@john.doe:example.com", "profile": { "display_name": "John Doe", "three_pids": [
       { "medium": "email", "address": "john.doe@example.org" }, { "medium": "msisdn", "address": "123456789" } ] } } }`,
    '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
  ],
  ['{ "a": "日本語" }', '{"a":"日本語"}'],
  ['{ "本": 2, "日": 1 }', '{"日":1,"本":2}'],
  ['{ "a": "\\u65E5" }', '{"a":"日"}'],
  ['{ "a": null }', '{"a":null}'],
  ['{ "a": -0, "b": 1e10 }', '{"a":0,"b":10000000000}'],
];

const LIMITS = { maxBytes: 10_000, maxDepth: 16 };

describe("canonical JSON", () => {
  test.each(CANONICAL)("%s", (input, output) => {
    const parsed = parseJsonObject(input, LIMITS);
    expect(parsed.ok && canonicalJson(parsed.value)).toEqual({ ok: true, value: output });
  });

  test.each(CANONICAL)("a truncated %s is no JSON", (input) => {
    for (let length = 0; length < input.length; length++) expect(parseJsonObject(input.slice(0, length), LIMITS).ok).toBe(false);
  });
});

describe("JSON signing", () => {
  const key = Ed25519SigningKey.fromSeed(Secret.from(Buffer.from("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1", "base64"), "seed"));
  const vectors: readonly (readonly [JsonObject, string])[] = [
    [{}, "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"],
    [{ one: 1, two: "Two" }, "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"],
  ];

  test.each(vectors)("%j", (object, signature) => {
    const signed = signJson(object, (message) => key.sign(message), "domain", "ed25519:1");
    expect(signatureOf(signed, "domain", "ed25519:1")).toBe(signature);
    expect(verifyJson(signed, "domain", "ed25519:1", key.publicKey)).toBe(true);
    expect(verifyJson({ ...signed, unsigned: { age_ts: 1 } }, "domain", "ed25519:1", key.publicKey)).toBe(true);
    expect(verifyJson({ ...signed, three: 3 }, "domain", "ed25519:1", key.publicKey)).toBe(false);
  });

  test("every flipped bit and every truncation of a signature fails", () => {
    for (const [object, signature] of vectors) {
      const withSignature = (text: string): JsonObject => ({ ...object, signatures: { domain: { "ed25519:1": text } } });
      const bytes = Buffer.from(signature, "base64");
      for (let bit = 0; bit < bytes.length * 8; bit += 3) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifyJson(withSignature(flipped.toString("base64")), "domain", "ed25519:1", key.publicKey)).toBe(false);
      }
      for (let length = 0; length < signature.length; length++) {
        expect(verifyJson(withSignature(signature.slice(0, length)), "domain", "ed25519:1", key.publicKey)).toBe(false);
      }
    }
  });
});

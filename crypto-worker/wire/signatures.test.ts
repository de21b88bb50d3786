import { describe, expect, test } from "vitest";
import { Ed25519SigningKey } from "../primitives/ed25519.ts";
import { Secret } from "../primitives/secret.ts";
import type { JsonObject } from "./json.ts";
import { claimedSignatures, signableJson, signatureOf, signJson, verifyJson } from "./signatures.ts";

const key = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(1), "seed"));
const other = Ed25519SigningKey.fromSeed(Secret.from(new Uint8Array(32).fill(2), "seed"));
const sign = (message: string): string => key.sign(message);
const USER = "@a:x";
const KEY_ID = "ed25519:D";

describe("signed JSON", () => {
  const object: JsonObject = { b: 1, a: ["x"], unsigned: { age: 5 }, signatures: { "@b:x": { "ed25519:E": "other" } } };
  const signed = signJson(object, sign, USER, KEY_ID);

  test("verifies, keeps what was there, and leaves the original alone", () => {
    expect(verifyJson(signed, USER, KEY_ID, key.publicKey)).toBe(true);
    expect(signatureOf(signed, "@b:x", "ed25519:E")).toBe("other");
    expect(signed["unsigned"]).toEqual({ age: 5 });
    expect(signatureOf(object, USER, KEY_ID)).toBeUndefined();
    const twice = signJson(signed, (message) => other.sign(message), USER, "ed25519:F");
    expect(verifyJson(twice, USER, KEY_ID, key.publicKey)).toBe(true);
    expect(verifyJson(twice, USER, "ed25519:F", other.publicKey)).toBe(true);
    expect([...(claimedSignatures(twice).get(USER)?.keys() ?? [])]).toEqual([KEY_ID, "ed25519:F"]);
  });

  test("unsigned and signatures are not covered, everything else is", () => {
    expect(verifyJson({ ...signed, unsigned: { age: 6 } }, USER, KEY_ID, key.publicKey)).toBe(true);
    expect(verifyJson({ ...signed, b: 2 }, USER, KEY_ID, key.publicKey)).toBe(false);
    expect(verifyJson({ ...signed, c: 1 }, USER, KEY_ID, key.publicKey)).toBe(false);
    const { b: _b, ...rest } = signed;
    expect(verifyJson(rest, USER, KEY_ID, key.publicKey)).toBe(false);
  });

  test("the user, the key id and the key must all be the right ones", () => {
    expect(verifyJson(signed, "@b:x", KEY_ID, key.publicKey)).toBe(false);
    expect(verifyJson(signed, USER, "ed25519:E", key.publicKey)).toBe(false);
    expect(verifyJson(signed, USER, KEY_ID, other.publicKey)).toBe(false);
  });

  test("malformed signatures and uncanonical objects are false, not errors", () => {
    for (const signatures of [
      undefined,
      null,
      [],
      "x",
      { [USER]: null },
      { [USER]: [] },
      { [USER]: { [KEY_ID]: 1 } },
      { [USER]: { [KEY_ID]: "" } },
    ]) {
      const { signatures: _old, ...rest } = signed;
      const changed: JsonObject = signatures === undefined ? rest : { ...rest, signatures };
      expect(verifyJson(changed, USER, KEY_ID, key.publicKey)).toBe(false);
      claimedSignatures(changed);
    }
    expect(verifyJson({ ...signed, b: 1.5 }, USER, KEY_ID, key.publicKey)).toBe(false);
    expect(signableJson({ b: 1.5 }).ok).toBe(false);
  });

  test("a user called __proto__ is a user like any other", () => {
    const strange = signJson({ a: 1 }, sign, "__proto__", "__proto__");
    expect(verifyJson(strange, "__proto__", "__proto__", key.publicKey)).toBe(true);
    expect(Object.getPrototypeOf(strange["signatures"])).toBe(Object.prototype);
    expect(verifyJson({ a: 1 }, "__proto__", "toString", key.publicKey)).toBe(false);
  });
});

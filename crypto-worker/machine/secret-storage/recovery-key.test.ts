import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { decodeRecoveryKey, encodeRecoveryKey as peerEncode } from "matrix-js-sdk/lib/crypto-api/recovery-key.js";
import { describe, expect, test } from "vitest";
import { decodeBase58, encodeBase58 } from "../../primitives/base58.ts";
import { Secret } from "../../primitives/secret.ts";
import { encodeRecoveryKey, parseRecoveryKey } from "./recovery-key.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function secret(bytes: Uint8Array): Secret<"test"> {
  return Secret.from(bytes, "test");
}

function hexOf(text: string): string {
  const key = parseRecoveryKey(text);
  if (!key.ok) throw new Error(key.error);
  return key.value.use((bytes) => Buffer.from(bytes).toString("hex"));
}

/** Base58 of these bytes with a right parity, so that only what a test is about is wrong. */
function textOf(head: readonly number[], key: Uint8Array): string {
  const bytes = Uint8Array.from([...head, ...key]);
  return encodeBase58(Uint8Array.from([...bytes, bytes.reduce((a, b) => a ^ b, 0)]));
}

describe("base58", () => {
  test.each([
    ["", ""],
    ["00", "1"],
    ["0000", "11"],
    ["01", "2"],
    ["39", "z"],
    ["3a", "21"],
    ["ff", "5Q"],
    ["0001", "12"],
    ["ffff", "LUv"],
  ])("%s is %s", (hex, text) => {
    expect(encodeBase58(Buffer.from(hex, "hex"))).toBe(text);
    expect(decodeBase58(text)).toEqual({ ok: true, value: new Uint8Array(Buffer.from(hex, "hex")) });
  });

  test("agrees with arithmetic on whole numbers, and comes back", () => {
    for (let length = 0; length < 60; length++) {
      const bytes = randomBytes(length);
      let number = BigInt(`0x0${bytes.toString("hex")}`);
      let text = "";
      for (; number > 0n; number /= 58n) text = ALPHABET.charAt(Number(number % 58n)) + text;
      const zeros = bytes.findIndex((byte) => byte !== 0);
      expect(encodeBase58(bytes)).toBe("1".repeat(zeros < 0 ? length : zeros) + text);
      expect(decodeBase58(encodeBase58(bytes))).toEqual({ ok: true, value: new Uint8Array(bytes) });
    }
  });

  test("refuses the characters that are left out, and what is too long", () => {
    for (const text of ["0", "O", "I", "l", " ", "+", "é", "😀", "1".repeat(129)]) expect(decodeBase58(text).ok).toBe(false);
  });
});

describe("recovery key", () => {
  test("a known answer: Alice's private key of RFC 7748 §6.1", () => {
    const key = Buffer.from("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "hex");
    expect(encodeRecoveryKey(secret(key))).toBe("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d");
  });

  test("matrix-js-sdk reads ours, and we theirs", () => {
    for (let i = 0; i < 50; i++) {
      const key = randomBytes(32);
      const text = encodeRecoveryKey(secret(key));
      expect(text).toBe(peerEncode(key));
      expect(text).toMatch(/^(?:[1-9A-HJ-NP-Za-km-z]{4} ){11}[1-9A-HJ-NP-Za-km-z]{4}$/);
      expect(Buffer.from(decodeRecoveryKey(text)).equals(key)).toBe(true);
      expect(hexOf(peerEncode(key) ?? "")).toBe(key.toString("hex"));
    }
  });

  test("white space does not matter", () => {
    const key = randomBytes(32);
    const text = encodeRecoveryKey(secret(key));
    for (const form of [text.replaceAll(" ", ""), ` ${text}\n`, text.replaceAll(" ", "\r\n\t"), text.replaceAll(" ", "\u00a0")])
      expect(hexOf(form)).toBe(key.toString("hex"));
  });

  test("a mistyped character is found, or gives another key", () => {
    const text = encodeRecoveryKey(secret(randomBytes(32))).replaceAll(" ", "");
    for (let at = 0; at < text.length; at++) {
      for (const wrong of ALPHABET.split("").filter((character) => character !== text[at])) {
        const changed = parseRecoveryKey(text.slice(0, at) + wrong + text.slice(at + 1));
        // One byte of parity finds most, and finds nothing else: the rest is found by the description's MAC.
        if (changed.ok) expect(hexOf(text)).not.toBe(changed.value.use((bytes) => Buffer.from(bytes).toString("hex")));
        else expect(["parity", "prefix", "length"]).toContain(changed.error);
      }
    }
  });

  test("says what is wrong", () => {
    const key = randomBytes(32);
    const good = textOf([0x8b, 0x01], key);
    expect(parseRecoveryKey(good).ok).toBe(true);
    const errorOf = (text: string) => {
      const result = parseRecoveryKey(text);
      return result.ok ? "ok" : result.error;
    };
    expect(errorOf("")).toBe("length");
    expect(errorOf(good.slice(0, -2))).toBe("length");
    expect(errorOf(`${good}zz`)).toBe("length");
    expect(errorOf(textOf([0x8b, 0x01], randomBytes(31)))).toBe("length");
    expect(errorOf(textOf([0x8b, 0x01], randomBytes(33)))).toBe("length");
    expect(errorOf(textOf([0x8b, 0x02], key))).toBe("prefix");
    expect(errorOf(textOf([0x8c, 0x01], key))).toBe("prefix");
    const bytes = Uint8Array.from([0x8b, 0x01, ...key]);
    const parity = bytes.reduce((a, b) => a ^ b, 0);
    expect(errorOf(encodeBase58(Uint8Array.from([...bytes, parity ^ 1])))).toBe("parity");
    expect(errorOf(good.replace(/.$/, "0"))).toBe("base58");
    expect(errorOf("not a key, but a sentence.")).toBe("base58");
    expect(errorOf(" ".repeat(600))).toBe("length");
  });

  test("shows nothing of the key when it is printed", () => {
    const key = parseRecoveryKey(encodeRecoveryKey(secret(randomBytes(32))));
    if (!key.ok) throw new Error(key.error);
    expect(`${inspect(key)} ${JSON.stringify(key)}`).toBe(
      '{ ok: true, value: [secret recovery-key] } {"ok":true,"value":"[secret recovery-key]"}',
    );
  });
});

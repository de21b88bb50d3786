import { beforeAll, describe, expect, test } from "vitest";
import { parseCurve25519PublicKey } from "../../protocol/ids.ts";
import { verifySignature } from "./ed25519.ts";
import { loadOlm } from "./olm-library.ts";
import { PkDecryption, PkEncryption, PkSigning } from "./pk.ts";
import { SasKeyPair } from "./sas.ts";
import { Secret } from "./secret.ts";

beforeAll(() => loadOlm());

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("PkDecryption", () => {
  test("round trip; damaged parts are failures", () => {
    using decryption = PkDecryption.fromPrivateKey(Secret.from(new Uint8Array(32).fill(3), "backup"));
    using encryption = unwrap(PkEncryption.forRecipient(decryption.publicKey));
    const message = encryption.encrypt("a room këy");
    expect(decryption.decrypt(message)).toEqual({ ok: true, value: "a room këy" });
    expect(decryption.decrypt({ ...message, mac: "AAAAAAAAAAA" })).toEqual({ ok: false, error: "bad-message-mac" });
    expect(decryption.decrypt({ ...message, mac: message.mac.slice(0, -1) }).ok).toBe(false);
    expect(decryption.decrypt({ ...message, mac: "" })).toEqual({ ok: false, error: "bad-message-format" });
    expect(decryption.decrypt({ ...message, ephemeral: "A".repeat(43) })).toEqual({ ok: false, error: "low-order-key" });
    expect(decryption.decrypt({ ...message, ephemeral: "" })).toEqual({ ok: false, error: "invalid-base64" });
    for (const ciphertext of ["", "A", "AAAA", message.ciphertext.slice(0, -1), "%".repeat(22), "A".repeat(2_000_000)]) {
      expect(decryption.decrypt({ ...message, ciphertext }).ok).toBe(false);
    }
    using other = PkDecryption.fromPrivateKey(Secret.from(new Uint8Array(32).fill(4), "backup"));
    expect(other.decrypt(message).ok).toBe(false);
  });

  test("padded base64 is accepted", () => {
    using decryption = PkDecryption.fromPrivateKey(Secret.from(new Uint8Array(32).fill(3), "backup"));
    using encryption = unwrap(PkEncryption.forRecipient(decryption.publicKey));
    const message = encryption.encrypt("x");
    const pad = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, "=");
    expect(decryption.decrypt({ ciphertext: pad(message.ciphertext), mac: pad(message.mac), ephemeral: `${message.ephemeral}=` })).toEqual({
      ok: true,
      value: "x",
    });
  });

  test("the private key that was lent is left alone, and the public one is derived from it", () => {
    const key = Secret.from(new Uint8Array(32).fill(3), "backup");
    using first = PkDecryption.fromPrivateKey(key);
    using second = PkDecryption.fromPrivateKey(key);
    expect(second.publicKey).toBe(first.publicKey);
    expect(key.use((bytes) => bytes.every((byte) => byte === 3))).toBe(true);
  });
});

describe("PkSigning", () => {
  test("its signatures verify", () => {
    const signing = PkSigning.fromSeed(Secret.from(new Uint8Array(32).fill(3), "master"));
    expect(verifySignature(signing.publicKey, "m", signing.sign("m"))).toBe(true);
  });
});

describe("SAS", () => {
  const pair = (byte: number): SasKeyPair => SasKeyPair.fromRandom(new Uint8Array(32).fill(byte));

  test("both sides agree on bytes and MACs", () => {
    const alice = pair(1);
    const bob = pair(2);
    const a = unwrap(alice.agree(bob.publicKey));
    const b = unwrap(bob.agree(alice.publicKey));
    expect(a.generateBytes("info", 6)).toEqual(b.generateBytes("info", 6));
    expect(a.generateBytes("info", 6)).not.toEqual(a.generateBytes("other", 6));
    for (const method of ["hkdf-hmac-sha256.v2", "org.matrix.msc3783.hkdf-hmac-sha256", "hkdf-hmac-sha256"] as const) {
      const mac = a.calculateMac(method, "input", "info");
      expect(b.verifyMac(method, "input", "info", mac)).toBe(true);
      expect(b.verifyMac(method, "input", "info", `${mac}=`)).toBe(true);
      for (const [input, info] of [
        ["inpuT", "info"],
        ["input", "infO"],
      ] as const)
        expect(b.verifyMac(method, input, info, mac)).toBe(false);
      expect(b.verifyMac(method, "input", "info", mac.slice(0, -1))).toBe(false);
      expect(b.verifyMac(method, "input", "info", "")).toBe(false);
    }
    expect(a.calculateMac("hkdf-hmac-sha256", "input", "info")).not.toBe(a.calculateMac("hkdf-hmac-sha256.v2", "input", "info"));
  });

  test("takes the random bytes and prints none", () => {
    const random = new Uint8Array(32).fill(9);
    const keys = SasKeyPair.fromRandom(random);
    expect(random.every((byte) => byte === 0)).toBe(true);
    expect(JSON.stringify([keys, unwrap(keys.agree(pair(2).publicKey))])).not.toMatch(/secret|private/i);
    expect(() => SasKeyPair.fromRandom(new Uint8Array(31))).toThrow("32 bytes");
  });

  test("refuses a key that makes the agreement independent of us", () => {
    for (const text of ["A".repeat(43), `AQ${"A".repeat(41)}`]) {
      expect(pair(1).agree(unwrap(parseCurve25519PublicKey(text)))).toEqual({ ok: false, error: "low-order-key" });
    }
  });
});

// SAS and backup encryption against a second implementation on node:crypto (X25519, HKDF, HMAC, AES-CBC).
import { createCipheriv, createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import { loadOlm, olm } from "../../crypto-worker/primitives/olm-library.ts";
import { PkDecryption, PkEncryption } from "../../crypto-worker/primitives/pk.ts";
import { SasKeyPair } from "../../crypto-worker/primitives/sas.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";

// RFC 7748, 6.1.
const ALICE = Buffer.from("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "hex");
const BOB = Buffer.from("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", "hex");

beforeAll(() => loadOlm());

describe("the base64 of the first SAS MAC method", () => {
  // MSC3783: the same bytes as everybody else encodes them, and as libolm does. The right value, then the broken one.
  const right = "eWm7EyVed/jgIl4dnQUP5vZz7NlQTjjIUMhSnqizCuY";
  const broken = "eWm7NyVeVmXgbVhnYlZobllsWm9ibGxzV205aWJHeHo";

  test("our model of it is the known one", () => {
    expect(brokenBase64(Buffer.from(right, "base64"))).toBe(broken);
  });
});

describe("SAS", () => {
  test("bytes and MACs are those of HKDF and HMAC over the shared secret, and libolm's", () => {
    const theirs = new (olm().SAS)();
    try {
      const ours = SasKeyPair.fromRandom(Uint8Array.from(ALICE));
      expect(ours.publicKey).toBe(publicKeyOf(ALICE));
      theirs.set_their_key(ours.publicKey);
      const theirKey = unwrap(parseCurve25519PublicKey(theirs.get_pubkey()));
      const secret = agree(ALICE, theirKey);
      const sas = unwrap(ours.agree(theirKey));
      for (const length of [1, 5, 6, 32, 100]) {
        expect(Buffer.from(sas.generateBytes("SAS", length))).toEqual(Buffer.from(hkdfSync("sha256", secret, "", "SAS", length)));
        expect(sas.generateBytes("SAS", length)).toEqual(theirs.generate_bytes("SAS", length));
      }
      for (const input of ["Hello world!", "", "ed25519:äöü", "x".repeat(5000)]) {
        const key = Buffer.from(hkdfSync("sha256", secret, "", "MAC", 32));
        const mac = createHmac("sha256", key).update(input).digest();
        for (const method of ["hkdf-hmac-sha256.v2", "org.matrix.msc3783.hkdf-hmac-sha256"] as const) {
          expect(sas.calculateMac(method, input, "MAC")).toBe(mac.toString("base64").replaceAll("=", ""));
          expect(sas.calculateMac(method, input, "MAC")).toBe(theirs.calculate_mac_fixed_base64(input, "MAC"));
        }
        expect(sas.calculateMac("hkdf-hmac-sha256", input, "MAC")).toBe(brokenBase64(mac));
        expect(sas.calculateMac("hkdf-hmac-sha256", input, "MAC")).toBe(theirs.calculate_mac(input, "MAC"));
      }
    } finally {
      theirs.free();
    }
  });
});

describe("backup encryption", () => {
  const bob = Secret.from(BOB, "backup");

  test("what the second implementation encrypts, libolm decrypts", () => {
    using decryption = PkDecryption.fromPrivateKey(bob);
    const { aes, mac, iv } = backupKeys(agree(ALICE, decryption.publicKey));
    const cipher = createCipheriv("aes-256-cbc", aes, iv);
    const message = {
      ciphertext: base64(Buffer.concat([cipher.update("a session: ä🔑", "utf8"), cipher.final()])),
      // The MAC covers nothing (E2EE, backup algorithm); everybody must copy that.
      mac: base64(createHmac("sha256", mac).update("").digest().subarray(0, 8)),
      ephemeral: publicKeyOf(ALICE),
    };
    expect(decryption.decrypt(message)).toEqual({ ok: true, value: "a session: ä🔑" });
    const flipped = Buffer.from(message.mac, "base64");
    flipped[7] = (flipped[7] ?? 0) ^ 1;
    expect(decryption.decrypt({ ...message, mac: base64(flipped) })).toEqual({ ok: false, error: "bad-message-mac" });
    expect(decryption.decrypt({ ...message, ephemeral: publicKeyOf(BOB) }).ok).toBe(false);
    for (let length = 0; length < message.ciphertext.length; length++) {
      expect(decryption.decrypt({ ...message, ciphertext: message.ciphertext.slice(0, length) }).ok).toBe(false);
    }
  });

  test("what libolm encrypts, the second implementation decrypts", () => {
    using encryption = unwrap(PkEncryption.forRecipient(publicKeyOf(BOB)));
    const message = encryption.encrypt("another ä🔑");
    const { aes, mac, iv } = backupKeys(agree(BOB, message.ephemeral));
    expect(message.mac).toBe(base64(createHmac("sha256", mac).update("").digest().subarray(0, 8)));
    const decipher = createDecipheriv("aes-256-cbc", aes, iv);
    expect(decipher.update(message.ciphertext, "base64", "utf8") + decipher.final("utf8")).toBe("another ä🔑");
  });
});

/** Encodes in place, from the front: every fourth character falls on a byte that is read afterwards. */
function brokenBase64(mac: Buffer): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const buffer = Buffer.concat([mac, Buffer.alloc(43 - mac.length)]);
  let out = 0;
  for (let at = 0; at < mac.length; at += 3) {
    const left = mac.length - at;
    const bits = ((buffer[at] ?? 0) << 16) | (left > 1 ? (buffer[at + 1] ?? 0) << 8 : 0) | (left > 2 ? (buffer[at + 2] ?? 0) : 0);
    for (let i = 0; i < Math.min(4, left + 1); i++) buffer.write(alphabet[(bits >> (18 - 6 * i)) & 63] ?? "", out++, "latin1");
  }
  return buffer.toString("latin1");
}

function backupKeys(secret: Buffer): { aes: Buffer; mac: Buffer; iv: Buffer } {
  const keys = Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(32), "", 80));
  return { aes: keys.subarray(0, 32), mac: keys.subarray(32, 64), iv: keys.subarray(64) };
}

function privateKeyOf(bytes: Buffer): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), bytes]),
    format: "der",
    type: "pkcs8",
  });
}

function publicKeyOf(privateKey: Buffer): Curve25519PublicKey {
  return unwrap(
    parseCurve25519PublicKey(base64(createPublicKey(privateKeyOf(privateKey)).export({ format: "der", type: "spki" }).subarray(12))),
  );
}

function agree(privateKey: Buffer, publicKey: string): Buffer {
  const spki = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), Buffer.from(publicKey, "base64")]);
  return diffieHellman({ privateKey: privateKeyOf(privateKey), publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }) });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

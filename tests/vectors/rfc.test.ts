// Published vectors of the standards that the primitives stand on. Provenance is named at each one.
import { createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { aesCtr, AesCtrStream } from "../../crypto-worker/primitives/aes-ctr.ts";
import { Ed25519SigningKey, verifySignature } from "../../crypto-worker/primitives/ed25519.ts";
import { Sha256, sha256, sha256Base64 } from "../../crypto-worker/primitives/hash.ts";
import { hkdfSha256 } from "../../crypto-worker/primitives/hkdf.ts";
import { constantTimeEqual, hmacSha256 } from "../../crypto-worker/primitives/hmac.ts";
import { loadOlm } from "../../crypto-worker/primitives/olm-library.ts";
import { pbkdf2Sha512, pbkdf2Sha512Async } from "../../crypto-worker/primitives/pbkdf2.ts";
import { PkDecryption } from "../../crypto-worker/primitives/pk.ts";
import { scryptKeyAsync } from "../../crypto-worker/primitives/scrypt.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const hexOf = (secret: Secret<string>): string => secret.use(toHex);

beforeAll(() => loadOlm());

describe("SHA-256 (FIPS 180-4)", () => {
  test.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  ])("%j", (text, digest) => {
    expect(toHex(sha256(text))).toBe(digest);
    expect(toHex(sha256(Buffer.from(text)))).toBe(digest);
    expect(Buffer.from(sha256Base64(text), "base64").toString("hex")).toBe(digest);
    const middle = text.length >> 1;
    expect(
      toHex(
        new Sha256()
          .update(Buffer.from(text.slice(0, middle)))
          .update(Buffer.from(text.slice(middle)))
          .digest(),
      ),
    ).toBe(digest);
  });
});

describe("HMAC-SHA-256 (RFC 4231)", () => {
  test.each([
    [Buffer.alloc(20, 0x0b), Buffer.from("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [Buffer.from("Jefe"), Buffer.from("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    [Buffer.alloc(20, 0xaa), Buffer.alloc(50, 0xdd), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
  ])("case %#", (key, data, mac) => {
    const result = hmacSha256(key, data);
    expect(toHex(result)).toBe(mac);
    expect(constantTimeEqual(result, hex(mac))).toBe(true);
    expect(constantTimeEqual(result, hex(mac).subarray(1))).toBe(false);
    expect(constantTimeEqual(result, Buffer.alloc(32))).toBe(false);
  });
});

describe("HKDF-SHA-256 (RFC 5869)", () => {
  const input = Buffer.alloc(22, 0x0b);
  test("case 1", () => {
    const key = hkdfSha256(input, hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42, "test");
    expect(hexOf(key)).toBe("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  });
  test("case 3: no salt is a salt of zeros", () => {
    const expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
    expect(hexOf(hkdfSha256(input, new Uint8Array(0), "", 42, "test"))).toBe(expected);
    expect(hexOf(hkdfSha256(input, new Uint8Array(32), "", 42, "test"))).toBe(expected);
  });
});

describe("AES-256-CTR (NIST SP 800-38A, F.5.5)", () => {
  const key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  const counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const plaintext =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
  const ciphertext =
    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6";
  test("both directions, whole and in odd pieces", () => {
    expect(toHex(aesCtr(key, counter, hex(plaintext)))).toBe(ciphertext);
    expect(toHex(aesCtr(key, counter, hex(ciphertext)))).toBe(plaintext);
    const stream = new AesCtrStream(key, counter);
    const bytes = hex(plaintext);
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 20), bytes.subarray(20, 20), bytes.subarray(20)].map((piece) =>
      stream.update(piece),
    );
    expect(Buffer.concat(pieces).toString("hex")).toBe(ciphertext);
  });
});

describe("PBKDF2-HMAC-SHA-512", () => {
  // The SHA-512 counterpart of RFC 6070's inputs, as widely published.
  const parameters = { salt: Buffer.from("salt"), length: 64 };
  test.each([
    [1, "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce"],
    [2, "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53cf76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e"],
  ])("%i rounds", async (rounds, expected) => {
    const sync = pbkdf2Sha512("password", { ...parameters, rounds }, "test");
    const async = await pbkdf2Sha512Async("password", { ...parameters, rounds }, "test");
    expect(sync.ok && hexOf(sync.value)).toBe(expected);
    expect(async.ok && hexOf(async.value)).toBe(expected);
  });

  test.each([0, -1, 1.5, 10_000_001, 2 ** 32 - 1, Number.NaN])("refuses %d rounds", async (rounds) => {
    expect(pbkdf2Sha512("p", { ...parameters, rounds }, "test")).toEqual({ ok: false, error: "rounds-out-of-range" });
    expect(await pbkdf2Sha512Async("p", { ...parameters, rounds }, "test")).toEqual({ ok: false, error: "rounds-out-of-range" });
  });

  test("can be given up at any time", async () => {
    const before = new AbortController();
    before.abort();
    expect(await pbkdf2Sha512Async("p", { ...parameters, rounds: 1 }, "test", before.signal)).toEqual({ ok: false, error: "aborted" });
    const during = new AbortController();
    const running = pbkdf2Sha512Async("p", { ...parameters, rounds: 200_000 }, "test", during.signal);
    during.abort();
    expect(await running).toEqual({ ok: false, error: "aborted" });
  });
});

describe("scrypt (RFC 7914)", () => {
  const expected =
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887";
  const parameters = { salt: Buffer.from("SodiumChloride"), logN: 14, r: 8, p: 1, length: 64 };
  test("the third vector", async () => {
    expect(hexOf(await scryptKeyAsync("pleaseletmein", parameters, "test"))).toBe(expected);
  });
  test("equal passphrases in different Unicode forms give one key", async () => {
    const cheap = { ...parameters, logN: 10 };
    expect(hexOf(await scryptKeyAsync("caf\u00e9", cheap, "test"))).toBe(hexOf(await scryptKeyAsync("cafe\u0301", cheap, "test")));
  });
  test.each([{ logN: 9 }, { logN: 21 }, { logN: 14.5 }, { r: 0 }, { r: 17 }, { p: 0 }, { p: 5 }])("refuses %o", async (change) => {
    await expect(scryptKeyAsync("p", { ...parameters, ...change }, "test")).rejects.toThrow("out of range");
  });
});

describe("Ed25519 (RFC 8032, 7.1)", () => {
  test.each([
    [
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "r",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
  ])("case %#", (seed, publicKey, message, signature) => {
    const key = Ed25519SigningKey.fromSeed(Secret.from(hex(seed), "seed"));
    expect(Buffer.from(key.publicKey, "base64").toString("hex")).toBe(publicKey);
    expect(Buffer.from(key.sign(message), "base64").toString("hex")).toBe(signature);
    expect(verifySignature(key.publicKey, message, Buffer.from(signature, "hex").toString("base64"))).toBe(true);
    expect(verifySignature(key.publicKey, `${message}x`, Buffer.from(signature, "hex").toString("base64"))).toBe(false);
  });
});

describe("X25519 (RFC 7748, 6.1)", () => {
  const alice = {
    secret: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    base64: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo",
  };
  const bob = {
    secret: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
    base64: "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08",
  };
  test.each([alice, bob])("libolm derives the public key $base64", ({ secret, base64 }) => {
    using decryption = PkDecryption.fromPrivateKey(Secret.from(hex(secret), "backup"));
    expect(decryption.publicKey).toBe(base64);
  });
  test("the agreement, which the other vectors use as an oracle", () => {
    const privateKey = createPrivateKey({
      key: Buffer.concat([hex("302e020100300506032b656e04220420"), hex(alice.secret)]),
      format: "der",
      type: "pkcs8",
    });
    const publicKey = createPublicKey({
      key: Buffer.concat([hex("302a300506032b656e032100"), Buffer.from(bob.base64, "base64")]),
      format: "der",
      type: "spki",
    });
    expect(diffieHellman({ privateKey, publicKey }).toString("hex")).toBe(
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    );
  });
});

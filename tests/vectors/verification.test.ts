// A whole SAS transcript and a QR code from fixed keys, against the specification's formulas on node:crypto (E2EE §SAS, §QR codes).
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parseDeviceId, parseEd25519PublicKey } from "../../protocol/ids.ts";
import type { Parties } from "../../crypto-worker/machine/verification/parties.ts";
import { encodeQrCode, parseQrCode } from "../../crypto-worker/machine/verification/qr-code.ts";
import { sasCodesOf } from "../../crypto-worker/machine/verification/sas-codes.ts";
import { commitmentOf, encodeMacs, keyListOf, transcriptOf } from "../../crypto-worker/machine/verification/sas-protocol.ts";
import { loadOlm } from "../../crypto-worker/primitives/olm-library.ts";
import { SasKeyPair } from "../../crypto-worker/primitives/sas.ts";
import { Secret } from "../../crypto-worker/primitives/secret.ts";
import { must, userId } from "../support/megolm-world.ts";

// RFC 7748, 6.1; the public keys are the RFC's too.
const ALICE = Buffer.from("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "hex");
const BOB = Buffer.from("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", "hex");
const ALICE_KEY = base64(Buffer.from("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", "hex"));
const BOB_KEY = base64(Buffer.from("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", "hex"));
const SHARED = Buffer.from("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", "hex");

const deviceId = (id: string) => must(parseDeviceId(id));
const FLOW = "transaction-1";
// RFC 8032, 7.1: keys that are points of the curve.
const edKey = (hex: string) => must(parseEd25519PublicKey(base64(Buffer.from(hex, "hex"))));
const DEVICE_KEY = edKey("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
const MASTER_KEY = edKey("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
const THEIR_KEY = edKey("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");

const parties: Parties = {
  ours: { userId: userId("alice"), deviceId: deviceId("A1"), deviceKey: DEVICE_KEY, masterKey: MASTER_KEY, masterKeyTrusted: true },
  theirs: { userId: userId("bob"), deviceId: deviceId("B1"), deviceKey: THEIR_KEY, masterKey: undefined },
};
const swapped: Parties = {
  ours: { ...parties.theirs, masterKeyTrusted: false },
  theirs: { ...parties.ours },
};

beforeAll(() => loadOlm());

const pairOf = (privateKey: Buffer) => SasKeyPair.fromRandom(Uint8Array.from(privateKey));

describe("a SAS transcript", () => {
  const info = `MATRIX_KEY_VERIFICATION_SAS|${userId("alice")}|A1|${ALICE_KEY}|${userId("bob")}|B1|${BOB_KEY}|${FLOW}`;

  test("both ends have the RFC's shared secret, one info, and the codes of the formula", () => {
    const [alice, bob] = [pairOf(ALICE), pairOf(BOB)];
    expect([alice.publicKey, bob.publicKey]).toEqual([ALICE_KEY, BOB_KEY]);
    expect(transcriptOf(parties, alice.publicKey, bob.publicKey, FLOW, true)).toBe(info);
    expect(transcriptOf(swapped, bob.publicKey, alice.publicKey, FLOW, false)).toBe(info);
    const bytes = Buffer.from(hkdfSync("sha256", SHARED, "", info, 6));
    const agreements = [must(alice.agree(bob.publicKey)), must(bob.agree(alice.publicKey))];
    for (const agreement of agreements) expect(Buffer.from(agreement.generateBytes(info, 6))).toEqual(bytes);
    const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = bytes;
    expect(sasCodesOf(bytes)).toMatchObject({
      emojiIndices: [0, 6, 12, 18, 24, 30, 36].map((at) => parseInt(bits.slice(at, at + 6), 2)),
      // As the specification writes them.
      decimals: [((a << 5) | (b >> 3)) + 1000, (((b & 0x7) << 10) | (c << 2) | (d >> 6)) + 1000, (((d & 0x3f) << 7) | (e >> 1)) + 1000],
    });
  });

  test("the edges of the codes", () => {
    expect(sasCodesOf(new Uint8Array(6))).toMatchObject({ emojiIndices: [0, 0, 0, 0, 0, 0, 0], decimals: [1000, 1000, 1000] });
    expect(sasCodesOf(new Uint8Array(6).fill(255))).toMatchObject({
      emojiIndices: [63, 63, 63, 63, 63, 63, 63],
      decimals: [9191, 9191, 9191],
    });
    for (const length of [0, 5, 7]) expect(() => sasCodesOf(new Uint8Array(length))).toThrow();
  });

  test("anything of the info reordered, cut or changed gives other bytes", () => {
    const agreement = must(pairOf(ALICE).agree(pairOf(BOB).publicKey));
    const bytes = (text: string) => Buffer.from(agreement.generateBytes(text, 6)).toString("hex");
    const all = new Set([bytes(info)]);
    const others = [
      transcriptOf(parties, pairOf(ALICE).publicKey, pairOf(BOB).publicKey, FLOW, false),
      transcriptOf(parties, pairOf(BOB).publicKey, pairOf(ALICE).publicKey, FLOW, true),
      transcriptOf(swapped, pairOf(ALICE).publicKey, pairOf(BOB).publicKey, FLOW, true),
      ...Array.from(info, (_, length) => info.slice(0, length)),
    ];
    for (const other of others) all.add(bytes(other));
    expect(all.size).toBe(1 + others.length);
  });

  test("the commitment is the hash of key and canonical start; a changed one of either is another", () => {
    const start = `{"from_device":"A1","hashes":["sha256"],"key_agreement_protocols":["curve25519-hkdf-sha256"],"message_authentication_codes":["hkdf-hmac-sha256.v2"],"method":"m.sas.v1","short_authentication_string":["decimal"],"transaction_id":"${FLOW}"}`;
    const { publicKey } = pairOf(BOB);
    const commitment = commitmentOf(publicKey, start);
    expect(commitment).toBe(base64(createHash("sha256").update(BOB_KEY).update(start).digest()));
    for (let length = 0; length < start.length; length++) expect(commitmentOf(publicKey, start.slice(0, length))).not.toBe(commitment);
    expect(commitmentOf(pairOf(ALICE).publicKey, start)).not.toBe(commitment);
  });

  test("the MACs name sender, receiver, flow and key, in this order, and the list of the keys", () => {
    const agreement = must(pairOf(ALICE).agree(pairOf(BOB).publicKey));
    const prefix = `MATRIX_KEY_VERIFICATION_MAC${userId("alice")}A1${userId("bob")}B1${FLOW}`;
    const mac = (text: string, suffix: string) =>
      base64(
        createHmac("sha256", Buffer.from(hkdfSync("sha256", SHARED, "", prefix + suffix, 32)))
          .update(text)
          .digest(),
      );
    const ids = ["ed25519:A1", `ed25519:${MASTER_KEY}`];
    const message = encodeMacs(agreement, "hkdf-hmac-sha256.v2", parties, FLOW);
    expect(message).toEqual({
      type: "mac",
      macs: new Map([
        ["ed25519:A1", mac(DEVICE_KEY, "ed25519:A1")],
        [`ed25519:${MASTER_KEY}`, mac(MASTER_KEY, `ed25519:${MASTER_KEY}`)],
      ]),
      keys: mac([...ids].sort().join(","), "KEY_IDS"),
    });
    expect(encodeMacs(agreement, "hkdf-hmac-sha256.v2", swapped, FLOW).keys).not.toBe(message.keys);
    expect(encodeMacs(agreement, "hkdf-hmac-sha256.v2", parties, `${FLOW}1`).keys).not.toBe(message.keys);
  });

  test("the list of the keys does not depend on the order in which they are given", () => {
    const sorted = ["ed25519:A", "ed25519:B", "ed25519:a", "ed25519:\uE000", "ed25519:\u{1F511}"];
    for (const ids of [sorted, sorted.toReversed(), [...sorted.slice(2), ...sorted.slice(0, 2)]])
      expect(keyListOf(ids)).toBe(sorted.join(","));
  });

  test("the RFC's secret is that of both halves", () => {
    expect(diffieHellman({ privateKey: privateKeyOf(ALICE), publicKey: createPublicKey(privateKeyOf(BOB)) })).toEqual(SHARED);
  });
});

describe("a code to scan", () => {
  const flowId = "!room-event";
  const secret = Buffer.from("0102030405060708090a0b0c0d0e0f10", "hex");
  const bytes = Buffer.concat([
    Buffer.from("MATRIX", "latin1"),
    Buffer.from([2, 0, 0, flowId.length]),
    Buffer.from(flowId),
    Buffer.from(MASTER_KEY, "base64"),
    Buffer.from(THEIR_KEY, "base64"),
    secret,
  ]);

  test("is the specification's bytes, both ways", () => {
    const code = must(parseQrCode(bytes));
    expect(code).toMatchObject({ mode: "other-user", flowId, firstKey: MASTER_KEY, secondKey: THEIR_KEY });
    expect(code.secret.use((own) => Buffer.from(own).toString("hex"))).toBe(secret.toString("hex"));
    expect(Buffer.from(encodeQrCode(code))).toEqual(bytes);
    expect(Buffer.from(encodeQrCode({ ...code, secret: Secret.from(secret, "qr-secret") }))).toEqual(bytes);
  });

  test("with its keys in the other order says something else", () => {
    const at = 10 + flowId.length;
    const reordered = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 32, at + 64), bytes.subarray(at, at + 32), secret]);
    expect(must(parseQrCode(reordered))).toMatchObject({ firstKey: THEIR_KEY, secondKey: MASTER_KEY });
  });

  test("cut anywhere before the eighth byte of its secret it is refused, and so is every flipped bit of its head", () => {
    const least = bytes.length - secret.length + 8;
    for (let length = 0; length < least; length++) expect(parseQrCode(bytes.subarray(0, length)).ok).toBe(false);
    for (let bit = 0; bit < 7 * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(parseQrCode(flipped).ok).toBe(false);
    }
  });

  test("no flipped bit goes unnoticed", () => {
    const whole = describeCode(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(describeCode(flipped)).not.toBe(whole);
    }
  });
});

function describeCode(bytes: Uint8Array): string {
  const code = parseQrCode(bytes);
  if (!code.ok) return "refused";
  const { mode, flowId, firstKey, secondKey, secret } = code.value;
  return [mode, flowId, firstKey, secondKey, secret.use((own) => Buffer.from(own).toString("hex"))].join("|");
}

function privateKeyOf(bytes: Buffer): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), bytes]),
    format: "der",
    type: "pkcs8",
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replaceAll("=", "");
}

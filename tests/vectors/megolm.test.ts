// Megolm against a second implementation, written here from the definition of the ratchet, on node:crypto alone.
import { createCipheriv, createHmac, createPrivateKey, createPublicKey, hkdfSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InboundGroupSession } from "../../crypto-worker/primitives/group-session.ts";
import { parseMegolmHeader } from "../../crypto-worker/primitives/megolm-message.ts";
import { loadOlm } from "../../crypto-worker/primitives/olm-library.ts";

/** Four parts of 32 bytes. */
type Ratchet = readonly Buffer[];

const SEED = Buffer.from("0123456789ABCDEF".repeat(8));
const START: Ratchet = [0, 32, 64, 96].map((at) => SEED.subarray(at, at + 32));
const signingKey = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, 0x11)]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(signingKey).export({ format: "der", type: "spki" }).subarray(12);
const freed: InboundGroupSession[] = [];

beforeAll(() => loadOlm());
afterAll(() => freed.forEach((session) => session.free()));

describe("the ratchet", () => {
  // Around every carry; libolm looks at most half of the counter's range ahead.
  const indices = [0, 1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 0xff_ffff, 0x100_0000, 0x104_1506, 0x7fff_fffe, 0x7fff_ffff];

  test.each(indices)("libolm's state at %d is ours", (index) => {
    const session = importSession(0, START);
    const exported = Buffer.from(unwrap(session.exportSession(index)), "base64");
    expect(exported.readUInt32BE(1)).toBe(index);
    expect(exported.subarray(5, 133).toString("hex")).toBe(Buffer.concat([...ratchetAt(index)]).toString("hex"));
    expect(exported.subarray(133).equals(publicKey)).toBe(true);
  });

  test("jumps and single steps agree over the first 66,000 indices", () => {
    let ratchet = START;
    const differing: number[] = [];
    for (let index = 1; index <= 66_000; index++) {
      ratchet = step(ratchet, index);
      if (index % 997 !== 0 && index !== 65_536) continue;
      if (!Buffer.concat([...ratchet]).equals(Buffer.concat([...ratchetAt(index)]))) differing.push(index);
    }
    expect(differing).toEqual([]);
  }, 60_000);

  test("never goes back", () => {
    const session = importSession(5, ratchetAt(5));
    expect(session.firstKnownIndex).toBe(5);
    for (const index of [0, 4, -1, 5.5, 2 ** 31 + 5, 2 ** 32])
      expect(session.exportSession(index)).toEqual({ ok: false, error: "unknown-message-index" });
  });
});

describe("messages", () => {
  test.each([0, 1, 127, 128, 16_384, 0x104_1506, 0x7fff_ffff])("at index %d ours are decrypted", (index) => {
    const { message } = seal(index, "Nächste Woche 🔑");
    expect(parseMegolmHeader(message)).toMatchObject({ ok: true, value: { messageIndex: index } });
    expect(fromSessionKey().decrypt(message)).toEqual({ ok: true, value: { plaintext: "Nächste Woche 🔑", messageIndex: index } });
  });

  test("a signed session key gives the public key as session id; a changed one is refused", () => {
    expect(fromSessionKey().sessionId).toBe(base64(publicKey));
    const key = sessionKeyBytes();
    key[10] = (key[10] ?? 0) ^ 1;
    expect(InboundGroupSession.fromSessionKey(base64(key))).toEqual({ ok: false, error: "bad-signature" });
  });

  test("the last character changed is a bad signature", () => {
    const { message } = seal(0, "Message");
    const last = message.at(-1) ?? "";
    const changed = message.slice(0, -1) + (last === "A" ? "Q" : "A");
    expect(fromSessionKey().decrypt(changed)).toEqual({ ok: false, error: "bad-signature" });
  });

  test("a wrong MAC under a right signature is a bad MAC", () => {
    const { head, mac } = seal(3, "Message");
    mac[0] = (mac[0] ?? 0) ^ 1;
    const signed = Buffer.concat([head, mac]);
    expect(fromSessionKey().decrypt(base64(signed, sign(null, signed, signingKey)))).toEqual({ ok: false, error: "bad-message-mac" });
  });

  test("a message of another version, with the index hidden behind the ciphertext, or with two indices is refused though it is signed", () => {
    const session = fromSessionKey();
    const { head, mac } = seal(3, "Message");
    const body = head.subarray(3);
    const variants: readonly (readonly [Buffer, string])[] = [
      [Buffer.concat([Buffer.from([2, 8, 3]), body]), "bad-message-version"],
      [Buffer.concat([Buffer.from([3]), body, Buffer.from([8, 3])]), "bad-message-format"],
      [Buffer.concat([head, Buffer.from([8, 4])]), "bad-message-format"],
      [Buffer.concat([Buffer.from([3, 8, 3, 8, 4]), body]), "bad-message-format"],
    ];
    for (const [bytes, error] of variants) {
      const signed = Buffer.concat([bytes, mac]);
      expect(session.decrypt(base64(signed, sign(null, signed, signingKey)))).toEqual({ ok: false, error });
    }
  });
});

/** One step to `index`, as the ratchet is defined: the parts from the one whose period begins are made anew from it. */
function step(ratchet: Ratchet, index: number): Ratchet {
  const from = index % 2 ** 24 === 0 ? 0 : index % 2 ** 16 === 0 ? 1 : index % 2 ** 8 === 0 ? 2 : 3;
  const source = ratchet[from] ?? Buffer.alloc(0);
  return ratchet.map((part, i) => (i < from ? part : createHmac("sha256", source).update(Uint8Array.of(i)).digest()));
}

/** The state at any index, skipping what is overwritten anyway. */
function ratchetAt(index: number): Ratchet {
  let ratchet = START;
  for (let i = 0; i < index >>> 24; i++) ratchet = step(ratchet, 0);
  for (let i = 0; i < ((index >>> 16) & 255); i++) ratchet = step(ratchet, 2 ** 16);
  for (let i = 0; i < ((index >>> 8) & 255); i++) ratchet = step(ratchet, 2 ** 8);
  for (let i = 0; i < (index & 255); i++) ratchet = step(ratchet, 1);
  return ratchet;
}

function seal(index: number, plaintext: string): { message: string; head: Buffer; mac: Buffer } {
  const keys = Buffer.from(hkdfSync("sha256", Buffer.concat([...ratchetAt(index)]), Buffer.alloc(32), "MEGOLM_KEYS", 80));
  const cipher = createCipheriv("aes-256-cbc", keys.subarray(0, 32), keys.subarray(64, 80));
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
  const head = Buffer.concat([Buffer.from([3, 8, ...varint(index), 0x12, ...varint(ciphertext.length)]), ciphertext]);
  const mac = Buffer.from(createHmac("sha256", keys.subarray(32, 64)).update(head).digest().subarray(0, 8));
  const signed = Buffer.concat([head, mac]);
  return { message: base64(signed, sign(null, signed, signingKey)), head, mac };
}

function sessionKeyBytes(): Buffer {
  const unsigned = Buffer.concat([Buffer.from([2, 0, 0, 0, 0]), SEED, publicKey]);
  return Buffer.concat([unsigned, sign(null, unsigned, signingKey)]);
}

function fromSessionKey(): InboundGroupSession {
  return keep(unwrap(InboundGroupSession.fromSessionKey(base64(sessionKeyBytes()))));
}

function importSession(index: number, ratchet: Ratchet): InboundGroupSession {
  const head = Buffer.from([1, 0, 0, 0, 0]);
  head.writeUInt32BE(index, 1);
  return keep(unwrap(InboundGroupSession.importSession(base64(head, ...ratchet, publicKey))));
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

function base64(...parts: Uint8Array[]): string {
  return Buffer.concat(parts).toString("base64").replaceAll("=", "");
}

function keep(session: InboundGroupSession): InboundGroupSession {
  freed.push(session);
  return session;
}

function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: string }): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

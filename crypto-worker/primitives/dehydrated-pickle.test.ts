import * as crypto from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Account } from "./account.ts";
import { openLegacyPickle, openPickle, sealLegacyPickle } from "./dehydrated-pickle.ts";
import { loadOlm } from "./olm-library.ts";
import { Secret } from "./secret.ts";

const offered = vi.hoisted(() => ({ ciphers: ["chacha20-poly1305"] }));
vi.mock("node:crypto", async (original) => ({ ...(await original<typeof crypto>()), getCiphers: () => offered.ciphers }));

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const NONCE = Buffer.alloc(12, 5);
const key = () => Secret.from(KEY, "dehydration-key");

beforeAll(() => loadOlm());
beforeEach(() => {
  offered.ciphers = ["chacha20-poly1305"];
});

/** As vodozemac lays it out. */
function plain(oneTimeKeys: number, fallback: number, changes: { version?: number; count?: number; extra?: Buffer } = {}): Buffer {
  const uint32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer).swap32();
  return Buffer.concat([
    uint32(changes.version ?? 1),
    Buffer.alloc(32, 1),
    Buffer.alloc(32, 2),
    uint32(changes.count ?? oneTimeKeys),
    ...Array.from({ length: oneTimeKeys }, (_, index) => Buffer.alloc(32, index + 3)),
    Buffer.from([fallback]),
    fallback === 1 ? Buffer.alloc(32, 99) : Buffer.alloc(0),
    changes.extra ?? Buffer.alloc(0),
  ]);
}

function sealed(bytes: Buffer): string {
  const cipher = crypto.createCipheriv("chacha20-poly1305", KEY, NONCE, { authTagLength: 16 });
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

function outcome(bytes: Buffer): string {
  const opened = openPickle(sealed(bytes), NONCE.toString("base64"), key());
  if (!opened.ok) return opened.error;
  opened.value.free();
  return "opened";
}

describe("vodozemac's format", () => {
  test("gives the account whose keys are in it", () => {
    const opened = openPickle(sealed(plain(3, 1)), NONCE.toString("base64"), key());
    if (!opened.ok) throw new Error(opened.error);
    using account = opened.value;
    const publicKey = (type: "x25519" | "ed25519", fill: number): string => {
      const prefix = type === "x25519" ? "302e020100300506032b656e04220420" : "302e020100300506032b657004220420";
      const der = Buffer.concat([Buffer.from(prefix, "hex"), Buffer.alloc(32, fill)]);
      const { x } = crypto.createPublicKey(crypto.createPrivateKey({ key: der, format: "der", type: "pkcs8" })).export({ format: "jwk" });
      return Buffer.from(x ?? "", "base64url")
        .toString("base64")
        .replace("=", "");
    };
    expect(account.identityKeys).toEqual({ curve25519: publicKey("x25519", 1), ed25519: publicKey("ed25519", 2) });
    expect(account.unpublishedOneTimeKeys()).toEqual([]);
    expect(account.unpublishedFallbackKey()).toBeUndefined();
  });

  test("is read whole or not at all", () => {
    expect(outcome(plain(0, 0))).toBe("opened");
    expect(outcome(plain(100, 1))).toBe("opened");
    expect(outcome(plain(101, 1))).toBe("malformed");
    expect(outcome(plain(1, 1, { version: 2 }))).toBe("malformed");
    expect(outcome(plain(1, 1, { count: 2 }))).toBe("malformed");
    expect(outcome(plain(1, 1, { count: 0xffff_ffff }))).toBe("malformed");
    expect(outcome(plain(1, 1, { extra: Buffer.alloc(1) }))).toBe("malformed");
    expect(outcome(plain(1, 2))).toBe("malformed");
    for (let length = 0; length < plain(1, 1).length; length += 1) expect(outcome(plain(1, 1).subarray(0, length))).toBe("malformed");
  });

  test("is malformed in base64 that is none, with a nonce of another length, and where there is no room for the tag", () => {
    const [pickle, nonce] = [sealed(plain(1, 1)), NONCE.toString("base64")];
    const open = (text: string, iv: string): string | undefined => {
      const opened = openPickle(text, iv, key());
      return opened.ok ? undefined : opened.error;
    };
    expect(open(`${pickle}!`, nonce)).toBe("malformed");
    expect(open(pickle, "!")).toBe("malformed");
    expect(open(pickle, NONCE.subarray(1).toString("base64"))).toBe("malformed");
    expect(open(Buffer.alloc(15).toString("base64"), nonce)).toBe("malformed");
    expect(open(Buffer.alloc(16).toString("base64"), nonce)).toBe("wrong-key");
    expect(open(pickle, Buffer.alloc(12).toString("base64"))).toBe("wrong-key");
  });

  test("stays shut where the runtime has no such cipher, as Electron's", () => {
    offered.ciphers = ["aes-256-gcm"];
    expect(outcome(plain(3, 1))).toBe("no-cipher");
  });
});

test("libolm's format opens with its key and device id only", () => {
  using account = Account.create();
  const pickle = sealLegacyPickle(account, key(), "DEVICE");
  const open = (deviceId: string, secret = key()): string => {
    const opened = openLegacyPickle(pickle, secret, deviceId);
    if (!opened.ok) return opened.error;
    using again = opened.value;
    return again.identityKeys.ed25519;
  };
  expect(open("DEVICE")).toBe(account.identityKeys.ed25519);
  expect(open("ANOTHER")).toBe("wrong-key");
  expect(open("DEVICE", Secret.from(new Uint8Array(32), "dehydration-key"))).toBe("wrong-key");
});

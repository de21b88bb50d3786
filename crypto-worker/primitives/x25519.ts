import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import { encodeBase64 } from "./base64.ts";
import { rawKeyPair, type RawKeyPair } from "./jwk-pair.ts";
import { publicKeyObject } from "./public-key-object.ts";

const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");

export function newX25519KeyPair(): RawKeyPair {
  return rawKeyPair(
    generateKeyPairSync("x25519", { publicKeyEncoding: { format: "jwk" }, privateKeyEncoding: { format: "jwk" } }).privateKey,
  );
}

/** Both halves in one array of 64 bytes. SECURITY: the second is secret. */
export function newX25519KeyPairBytes(): Uint8Array {
  const { publicKey, privateKey } = newX25519KeyPair();
  const bytes = new Uint8Array(64);
  bytes.set(publicKey);
  bytes.set(privateKey, 32);
  privateKey.fill(0);
  return bytes;
}

/** With a key object as well, for one that is used at once. SECURITY: it is the same as `privateKey`. */
export function newX25519KeyObject(): RawKeyPair & { readonly privateKeyObject: KeyObject } {
  const { privateKey } = generateKeyPairSync("x25519");
  return { ...rawKeyPair(privateKey.export({ format: "jwk" })), privateKeyObject: privateKey };
}

/** 32 bytes. */
export function x25519PrivateKey(privateKey: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_PREFIX, privateKey]);
  try {
    return withoutStacks(() => createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  } finally {
    der.fill(0);
  }
}

/** As in `publicKeyObject`; but a private key is not to become a string, which nothing can wipe. The errors that Node catches cost little without their stacks. */
function withoutStacks<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The public half and the private one, 32 bytes each. SECURITY: the second is secret. */
export function x25519KeyPairOf(privateKey: Uint8Array): Uint8Array {
  const { x } = createPublicKey(x25519PrivateKey(privateKey)).export({ format: "jwk" });
  if (x === undefined) throw new Error("an X25519 key without its public half");
  return Buffer.concat([Buffer.from(x, "base64url"), privateKey]);
}

/** 32 bytes. */
export function x25519PublicKey(publicKey: Uint8Array): KeyObject {
  return publicKeyObject("x25519", encodeBase64(publicKey));
}

/** The caller has refused low-order keys. SECURITY: the result is secret. */
export function agree(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  return diffieHellman({ privateKey, publicKey });
}

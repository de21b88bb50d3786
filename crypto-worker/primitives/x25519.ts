import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";

const PKCS8_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");

/** SECURITY: `privateKey` is secret; `privateKeyObject` is the same. */
export type X25519KeyPair = { readonly publicKey: Buffer; readonly privateKey: Buffer; readonly privateKeyObject: KeyObject };

/** JSON Web Keys are by far the cheapest way to the raw bytes of a key object. */
export function newX25519KeyPair(): X25519KeyPair {
  const { privateKey } = generateKeyPairSync("x25519");
  const { x, d } = privateKey.export({ format: "jwk" });
  if (x === undefined || d === undefined) throw new Error("an X25519 key pair without its parts");
  return { publicKey: Buffer.from(x, "base64url"), privateKey: Buffer.from(d, "base64url"), privateKeyObject: privateKey };
}

/** 32 bytes. */
export function x25519PrivateKey(privateKey: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_PREFIX, privateKey]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
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
  const x = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.byteLength).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}

/** The caller has refused low-order keys. SECURITY: the result is secret. */
export function agree(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  return diffieHellman({ privateKey, publicKey });
}

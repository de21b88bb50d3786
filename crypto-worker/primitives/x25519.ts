import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import { encodeBase64 } from "./base64.ts";
import { rawKeyPair, type RawKeyPair } from "./jwk-pair.ts";
import { privateKeyObject } from "./private-key-object.ts";
import { publicKeyObject } from "./public-key-object.ts";

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
export const x25519PrivateKey = (privateKey: Uint8Array): KeyObject => privateKeyObject("x25519", privateKey);

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

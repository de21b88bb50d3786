import { createPublicKey, type KeyObject } from "node:crypto";

/** How the SubjectPublicKeyInfo of each curve begins (RFC 8410), in base64. It ends on a whole group, so that the key can follow as it is. */
const SPKI_PREFIX = { ed25519: "MCowBQYDK2VwAyEA", x25519: "MCowBQYDK2VuAyEA" } as const;

/**
 * The platform's object of a public key in unpadded base64, which the caller has parsed. PEM, because it is a string: of any object Node finds out what it
 * is by throwing and catching up to four errors, which takes three times as long as reading the key.
 */
export function publicKeyObject(curve: keyof typeof SPKI_PREFIX, key: string): KeyObject {
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${SPKI_PREFIX[curve]}${key}=\n-----END PUBLIC KEY-----\n`);
}

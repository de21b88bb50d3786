import { createPrivateKey, type KeyObject } from "node:crypto";

/** How the PKCS #8 form of a private key of each curve begins (RFC 8410). */
const PKCS8_PREFIX = {
  ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  x25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
} as const;

/** The platform's object of a private key of 32 bytes (of Ed25519 the seed), which stay the caller's. */
export function privateKeyObject(curve: keyof typeof PKCS8_PREFIX, bytes: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_PREFIX[curve], bytes]);
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

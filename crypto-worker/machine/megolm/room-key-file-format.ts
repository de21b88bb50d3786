import { AES_IV_BYTES } from "../../primitives/aes-ctr.ts";

// E2EE §Key export format: armour around base64 of version | salt | iv | rounds | AES-256-CTR of JSON | HMAC-SHA-256 of everything before.

export const HEADER = "-----BEGIN MEGOLM SESSION DATA-----";
export const TRAILER = "-----END MEGOLM SESSION DATA-----";
export const VERSION = 1;
export const SALT_BYTES = 16;
export const SALT_AT = 1;
export const IV_AT = SALT_AT + SALT_BYTES;
export const ROUNDS_AT = IV_AT + AES_IV_BYTES;
export const CIPHERTEXT_AT = ROUNDS_AT + 4;
export const MAC_BYTES = 32;
/** Of the armour's base64. */
export const LINE_LENGTH = 96;
/** One key for the cipher, one for the MAC. */
export const DERIVED_BYTES = 64;

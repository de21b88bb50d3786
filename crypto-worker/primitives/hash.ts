import { createHash, hash, type Hash } from "node:crypto";
import { encodeBase64 } from "./base64.ts";

/** SHA-256; text is hashed as UTF-8. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return hash("sha256", data, "buffer");
}

/** SHA-256 in unpadded base64. */
export function sha256Base64(data: string | Uint8Array): string {
  return encodeBase64(sha256(data));
}

/** Incremental SHA-256, for attachments. */
export class Sha256 {
  readonly #hash: Hash = createHash("sha256");

  update(data: Uint8Array): this {
    this.#hash.update(data);
    return this;
  }

  /** Ends it; a further call throws. */
  digest(): Uint8Array {
    return this.#hash.digest();
  }
}

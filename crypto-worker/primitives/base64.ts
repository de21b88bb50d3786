import { err, ok, type Result } from "../../protocol/result.ts";

export type Base64Options = {
  /** Alphabet; `standard` unless told. */
  readonly alphabet?: "standard" | "url";
  /** `either` (the default) takes both forms, as peers send both. */
  readonly padding?: "none" | "required" | "either";
  /** Most decoded bytes to accept. */
  readonly maxBytes?: number;
};

/**
 * Strict decoding: no white space, no foreign characters, canonical trailing bits, whole padding or none. The work is native, so no
 * table look-up is indexed by secret data here.
 */
export function decodeBase64(text: string, options: Base64Options = {}): Result<Uint8Array, "invalid-base64" | "too-large"> {
  const { alphabet = "standard", padding = "either", maxBytes = Number.MAX_SAFE_INTEGER } = options;
  if (text.length > Math.ceil(maxBytes / 3) * 4) return err("too-large");
  const padded = text.endsWith("=");
  if (padded ? padding === "none" || text.length % 4 !== 0 : padding === "required" && text.length % 4 !== 0) return err("invalid-base64");
  const bytes = Buffer.from(text, "base64");
  if (bytes.length > maxBytes) return err("too-large");
  // Native decoding takes either alphabet and skips what it does not know. Re-encoding is the cheapest full check of the alphabet, the length and the unused low bits.
  const again = bytes.toString(alphabet === "url" ? "base64url" : "base64");
  return again === text || withoutPadding(again) === withoutPadding(text) ? ok(bytes) : err("invalid-base64");
}

/** Unpadded standard base64, the form of Matrix (appendices §Unpadded Base64). */
export function encodeBase64(bytes: Uint8Array): string {
  return withoutPadding(encodePaddedBase64(bytes));
}

/** The one form of what may come in two. */
export function withoutPadding(text: string): string {
  return text.endsWith("==") ? text.slice(0, -2) : text.endsWith("=") ? text.slice(0, -1) : text;
}

/** Padded standard base64, for the few places that want it (secret storage, key exports). */
export function encodePaddedBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString("base64");
}

/** Unpadded URL-safe base64, as in JSON Web Keys. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return asBuffer(bytes).toString("base64url");
}

/** The same memory. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

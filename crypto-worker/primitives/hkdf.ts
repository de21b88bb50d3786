import { createSecretKey, hkdfSync } from "node:crypto";
import { Secret } from "./secret.ts";

/** `node:crypto` takes no more. */
export const MAX_HKDF_INFO_BYTES = 1024;

/** HKDF-SHA-256; throws for an `info` above `MAX_HKDF_INFO_BYTES`. An empty salt is the 32 zero bytes of RFC 5869. */
export function hkdfSha256<Kind extends string>(
  input: Uint8Array,
  salt: Uint8Array,
  info: string | Uint8Array,
  length: number,
  kind: Kind,
): Secret<Kind> {
  return Secret.take(new Uint8Array(hkdfSync("sha256", createSecretKey(input), salt, info, length)), kind);
}

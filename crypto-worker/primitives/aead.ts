import type { Decipheriv } from "node:crypto";
import { Secret } from "./secret.ts";

type AeadDecipher = Decipheriv & { setAuthTag(tag: Uint8Array): unknown };

/** Opens what ends in its tag of so many bytes. Undefined where it is not authentic; nothing of it is left then. */
export function openSealed<Kind extends string>(
  decipher: AeadDecipher,
  sealed: Uint8Array,
  tagBytes: number,
  kind: Kind,
): Secret<Kind> | undefined {
  const end = sealed.byteLength - tagBytes;
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    return undefined;
  }
  return Secret.take(plain, kind);
}

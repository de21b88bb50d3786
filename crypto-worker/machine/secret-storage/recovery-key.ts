import { err, ok, type Result } from "../../../protocol/result.ts";
import { decodeBase58, encodeBase58 } from "../../primitives/base58.ts";
import { Secret } from "../../primitives/secret.ts";

/** Why a typed recovery key is none. `parity` is what a mistyped character usually gives. */
export type RecoveryKeyFailure = "base58" | "length" | "prefix" | "parity";

const PREFIX = [0x8b, 0x01] as const;
const KEY_BYTES = 32;
const GROUP = /.{1,4}/g;
/** 48 digits in groups of four; people also paste line breaks and quotes of mails around them. */
const MAX_TEXT_LENGTH = 512;

/**
 * A 32-byte key as the user keeps it: two marking bytes, the key, and a parity byte, in base58 and groups of four (appendices §Cryptographic key
 * representation). The same form serves secret storage keys and, from older clients, backup decryption keys.
 *
 * SECURITY: the text is the key, and as a string it cannot be wiped. For the eyes of the user only.
 */
export function encodeRecoveryKey(key: Secret<string>): string {
  if (key.length !== KEY_BYTES) throw new Error("a recovery key has 32 bytes");
  const bytes = new Uint8Array(PREFIX.length + KEY_BYTES + 1);
  bytes.set(PREFIX);
  key.use((secret) => bytes.set(secret, PREFIX.length));
  bytes[bytes.length - 1] = parityOf(bytes);
  const text = encodeBase58(bytes);
  bytes.fill(0);
  return text.match(GROUP)?.join(" ") ?? text;
}

/** White space is ignored. Says only that the text is a key; whether it is the right one is the matter of what it opens. */
export function parseRecoveryKey(text: string): Result<Secret<"recovery-key">, RecoveryKeyFailure> {
  if (text.length > MAX_TEXT_LENGTH) return err("length");
  const decoded = decodeBase58(text.replaceAll(/\s/g, ""));
  if (!decoded.ok) return err("base58");
  const bytes = decoded.value;
  try {
    if (bytes.length !== PREFIX.length + KEY_BYTES + 1) return err("length");
    if (bytes[0] !== PREFIX[0] || bytes[1] !== PREFIX[1]) return err("prefix");
    if (parityOf(bytes) !== 0) return err("parity");
    return ok(Secret.from(bytes.subarray(PREFIX.length, -1), "recovery-key"));
  } finally {
    bytes.fill(0);
  }
}

function parityOf(bytes: Uint8Array): number {
  return bytes.reduce((parity, byte) => parity ^ byte, 0);
}

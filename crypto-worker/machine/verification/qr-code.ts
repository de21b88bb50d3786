import type { Ed25519PublicKey } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { decodeBase64 } from "../../primitives/base64.ts";
import { ed25519KeyOfBytes } from "../../primitives/ed25519.ts";
import { Secret } from "../../primitives/secret.ts";

/**
 * `other-user`: both master keys. `self-trusting`: the shower trusts our master key, and shows it with the scanner's device key. `self-untrusting`: it
 * does not yet, and shows its device key with the master key that it was told.
 */
export type QrMode = "other-user" | "self-trusting" | "self-untrusting";

/** What a verification's QR code says (E2EE §QR code format). */
export type QrCode = {
  readonly mode: QrMode;
  readonly flowId: string;
  readonly firstKey: Ed25519PublicKey;
  readonly secondKey: Ed25519PublicKey;
  readonly secret: Secret<"qr-secret">;
};

const HEADER = new TextEncoder().encode("MATRIX");
const VERSION = 2;
const MODES: readonly QrMode[] = ["other-user", "self-trusting", "self-untrusting"];
const KEY_BYTES = 32;
const MIN_SECRET_BYTES = 8;
const MAX_BYTES = 1024;

/** How long we make the secret. */
export const QR_SECRET_BYTES = 16;

/** SECURITY: holds the secret; for the screen only. */
export function encodeQrCode({ mode, flowId, firstKey, secondKey, secret }: QrCode): Uint8Array {
  const id = new TextEncoder().encode(flowId);
  const head = [...HEADER, VERSION, MODES.indexOf(mode), id.length >> 8, id.length & 0xff];
  return secret.use((bytes) => Uint8Array.from([...head, ...id, ...keyBytes(firstKey), ...keyBytes(secondKey), ...bytes]));
}

export function parseQrCode(bytes: Uint8Array): Result<QrCode, "invalid-qr-code"> {
  if (bytes.length > MAX_BYTES || !HEADER.every((byte, i) => bytes[i] === byte) || bytes[HEADER.length] !== VERSION)
    return err("invalid-qr-code");
  const at = HEADER.length + 2;
  const mode = MODES[bytes[at - 1] ?? MODES.length];
  const idStart = at + 2;
  const idEnd = idStart + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  const secretStart = idEnd + 2 * KEY_BYTES;
  if (mode === undefined || idEnd === idStart || bytes.length < secretStart + MIN_SECRET_BYTES) return err("invalid-qr-code");
  const firstKey = ed25519KeyOfBytes(bytes.subarray(idEnd, idEnd + KEY_BYTES));
  const secondKey = ed25519KeyOfBytes(bytes.subarray(idEnd + KEY_BYTES, secretStart));
  const flowId = decodeUtf8(bytes.subarray(idStart, idEnd));
  if (!firstKey.ok || !secondKey.ok || flowId === undefined) return err("invalid-qr-code");
  const secret = Secret.from(bytes.subarray(secretStart), "qr-secret");
  return ok({ mode, flowId, firstKey: firstKey.value, secondKey: secondKey.value, secret });
}

function keyBytes(key: Ed25519PublicKey): Uint8Array {
  const bytes = decodeBase64(key);
  if (!bytes.ok) throw new Error("a parsed key is not base64");
  return bytes.value;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  // The decoder replaces what is not UTF-8; written back, that shows.
  const again = new TextEncoder().encode(text);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]) ? text : undefined;
}

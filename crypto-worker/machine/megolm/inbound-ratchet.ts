import { parseSessionId, type SessionId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { decodeBase64, encodeBase64 } from "../../primitives/base64.ts";
import { ed25519KeyOfBytes, verifySignature } from "../../primitives/ed25519.ts";
import { InboundGroupSession } from "../../primitives/group-session.ts";
import { StoreError } from "../../store/types.ts";

/**
 * A Megolm ratchet at the first index that we know, in the export format: version 1, index (32 bits, big endian), 128 bytes of ratchet, and the
 * session's Ed25519 key. Everything later follows from it, so this is what the store keeps: it never changes while messages are decrypted.
 */
export type InboundRatchet = {
  /** The Ed25519 key in unpadded base64. */
  readonly sessionId: SessionId;
  readonly firstKnownIndex: number;
  /** SECURITY: secret. 165 bytes. */
  readonly bytes: Uint8Array;
};

const SESSION_KEY_VERSION = 2;
const EXPORT_VERSION = 1;
const EXPORT_BYTES = 1 + 4 + 128 + 32;
const SIGNATURE_BYTES = 64;
const PUBLIC_KEY_AT = 133;

/** The `session_key` of an `m.room_key`, signed by the session's own key. */
export function parseSessionKey(text: unknown): Result<InboundRatchet, "invalid-session-key" | "bad-signature"> {
  const signed = decode(text, SESSION_KEY_VERSION, EXPORT_BYTES + SIGNATURE_BYTES);
  if (signed === undefined) return err("invalid-session-key");
  const publicKey = ed25519KeyOfBytes(signed.subarray(PUBLIC_KEY_AT, EXPORT_BYTES));
  if (!publicKey.ok) return err("invalid-session-key");
  const signature = encodeBase64(signed.subarray(EXPORT_BYTES));
  return verifySignature(publicKey.value, signed.subarray(0, EXPORT_BYTES), signature) ? ratchetFrom(signed) : err("bad-signature");
}

/** The same for a key that we have just made ourselves. */
export function ratchetOfOwnKey(sessionKey: string): InboundRatchet {
  const signed = decode(sessionKey, SESSION_KEY_VERSION, EXPORT_BYTES + SIGNATURE_BYTES);
  const ratchet = signed === undefined ? undefined : ratchetFrom(signed);
  if (ratchet?.ok !== true) throw new Error("our own session key cannot be read");
  return ratchet.value;
}

/** A key in the export format, of which nothing but its form can be checked: who made it is not known. */
export function parseExportedKey(text: unknown): Result<InboundRatchet, "invalid-session-key"> {
  const bytes = decode(text, EXPORT_VERSION, EXPORT_BYTES);
  return bytes === undefined ? err("invalid-session-key") : ratchetFrom(bytes);
}

/** SECURITY: secret. */
export function encodeExportedKey(bytes: Uint8Array): string {
  return encodeBase64(bytes);
}

/** A libolm session at this ratchet; the caller frees it. */
export function openRatchet(bytes: Uint8Array): InboundGroupSession {
  const session = InboundGroupSession.importBytes(bytes);
  if (!session.ok) throw new StoreError("corrupt");
  return session.value;
}

export type RatchetOrder = "equal" | "better" | "worse" | "unconnected";

/** How `a` relates to `b`: better means that it starts earlier. Two ratchets are connected when they are the same at the later of both indices. */
export function compareRatchets(a: InboundRatchet, b: InboundRatchet): RatchetOrder {
  if (a.sessionId !== b.sessionId) return "unconnected";
  if (a.firstKnownIndex === b.firstKnownIndex) return sameBytes(a.bytes, b.bytes) ? "equal" : "unconnected";
  const [early, late] = a.firstKnownIndex < b.firstKnownIndex ? [a, b] : [b, a];
  using session = openRatchet(early.bytes);
  const advanced = session.exportSession(late.firstKnownIndex);
  if (!advanced.ok || advanced.value !== encodeExportedKey(late.bytes)) return "unconnected";
  return early === a ? "better" : "worse";
}

function decode(text: unknown, version: number, length: number): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  const bytes = decodeBase64(text, { maxBytes: length });
  return bytes.ok && bytes.value.length === length && bytes.value[0] === version ? bytes.value : undefined;
}

/** The first 165 bytes of either form, where they are: decoded for this alone. */
function ratchetFrom(source: Uint8Array): Result<InboundRatchet, "invalid-session-key"> {
  const bytes = source.subarray(0, EXPORT_BYTES);
  bytes[0] = EXPORT_VERSION;
  const publicKey = ed25519KeyOfBytes(bytes.subarray(PUBLIC_KEY_AT));
  const sessionId = parseSessionId(publicKey.ok ? publicKey.value : undefined);
  if (!sessionId.ok) return err("invalid-session-key");
  return ok({ sessionId: sessionId.value, firstKnownIndex: new DataView(bytes.buffer, bytes.byteOffset).getUint32(1), bytes });
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

import { hash } from "node:crypto";
import { parseCurve25519PublicKey, type Curve25519PublicKey } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { decodeBase64, encodeBase64, withoutPadding } from "./base64.ts";
import { isLowOrder } from "./curve25519.ts";
import type { OlmFailure } from "./olm-error.ts";
import { MAX_STACK_INPUT } from "./olm-library.ts";
import { readFields, type ProtobufField } from "./protobuf.ts";

/** To-device events are far below this; pre-key messages, which libolm puts on the stack, have the lower `MAX_STACK_INPUT`. */
export const MAX_OLM_BODY_LENGTH = 1 << 20;
const VERSION = 3;
const CIPHER_BLOCK = 16;
const MAC_BYTES = 8;

/** The public keys of a pre-key message. None of them is authenticated yet. */
export type PreKeyMessage = {
  readonly oneTimeKey: Curve25519PublicKey;
  readonly baseKey: Curve25519PublicKey;
  readonly identityKey: Curve25519PublicKey;
  /** Of the sender's first chain, from the message inside. */
  readonly ratchetKey: Curve25519PublicKey;
  /** Of the session that the message begins or belongs to. */
  readonly sessionId: string;
};

/** What both sides call a session: it follows from the keys that it was agreed on with, the sender's two and the receiver's one (docs/olm.md of libolm). */
export function olmSessionId(identityKey: Uint8Array, baseKey: Uint8Array, oneTimeKey: Uint8Array): string {
  return withoutPadding(hash("sha256", Buffer.concat([identityKey, baseKey, oneTimeKey]), "base64"));
}

/**
 * Reads the header of a pre-key message and refuses low-order keys, which libolm does not. Every field must appear once: with repeats it
 * would be open which one libolm takes.
 */
export function parsePreKeyMessage(body: string): Result<PreKeyMessage, OlmFailure> {
  if (body.length > MAX_STACK_INPUT) return err("bad-message-format");
  const bytes = decodeBase64(body);
  if (!bytes.ok) return err("invalid-base64");
  if (bytes.value[0] !== VERSION) return err("bad-message-version");
  const fields = readFields(bytes.value.subarray(1));
  if (fields === undefined) return err("bad-message-format");
  const oneTimeKey = publicKeyField(fields, 0x0a);
  if (!oneTimeKey.ok) return oneTimeKey;
  const baseKey = publicKeyField(fields, 0x12);
  if (!baseKey.ok) return baseKey;
  const identityKey = publicKeyField(fields, 0x1a);
  if (!identityKey.ok) return identityKey;
  const inside = fields.filter((field) => field.tag === 0x22);
  const message = inside[0]?.bytes;
  if (inside.length !== 1 || message === undefined) return err("bad-message-format");
  if (message[0] !== VERSION) return err("bad-message-version");
  const innerFields = readFields(message.subarray(1, -MAC_BYTES));
  if (innerFields === undefined) return err("bad-message-format");
  const ratchetKey = publicKeyField(innerFields, 0x0a);
  if (!ratchetKey.ok) return ratchetKey;
  const sessionId = olmSessionId(rawKey(identityKey.value), rawKey(baseKey.value), rawKey(oneTimeKey.value));
  return ok({
    oneTimeKey: oneTimeKey.value,
    baseKey: baseKey.value,
    identityKey: identityKey.value,
    ratchetKey: ratchetKey.value,
    sessionId,
  });
}

const rawKey = (key: Curve25519PublicKey): Uint8Array => Buffer.from(key, "base64");

function publicKeyField(fields: readonly ProtobufField[], tag: number): Result<Curve25519PublicKey, OlmFailure> {
  const found = fields.filter((field) => field.tag === tag);
  const key = found[0]?.bytes;
  if (found.length !== 1 || key === undefined || key.length !== 32) return err("bad-message-format");
  if (isLowOrder(key)) return err("low-order-key");
  const text = parseCurve25519PublicKey(encodeBase64(key));
  return text.ok ? text : err("bad-message-format");
}

/**
 * Whether a decrypted text may be shorter than what was encrypted. libolm's JavaScript stops at the first NUL; the ciphertext tells the
 * length up to one cipher block, so that anything longer than a block cannot be hidden behind one.
 */
export function isTruncated(plaintext: string, ciphertextLength: number): boolean {
  return Buffer.byteLength(plaintext, "utf8") < ciphertextLength - CIPHER_BLOCK;
}

/** Length of the ciphertext inside a normal or a pre-key message; undefined when the message cannot be read. */
export function olmCiphertextLength(type: 0 | 1, body: string): number | undefined {
  const message = ratchetMessage(type, body);
  return message && readFields(message.subarray(1, -MAC_BYTES))?.find((field) => field.tag === 0x22)?.bytes?.length;
}

/**
 * The part of a message that its MAC covers, and the MAC: the bytes that nobody can change. Base64 has several forms, and what a pre-key message puts around
 * this part is authenticated by nothing. Undefined when the message cannot be read.
 */
export function ratchetMessage(type: 0 | 1, body: string): Uint8Array | undefined {
  const bytes = Buffer.from(body, "base64");
  return type === 1 ? bytes : readFields(bytes.subarray(1))?.find((field) => field.tag === 0x22)?.bytes;
}

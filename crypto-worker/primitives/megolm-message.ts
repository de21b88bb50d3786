import { err, ok, type Result } from "../../protocol/result.ts";
import type { OlmFailure } from "./olm-error.ts";
import { readVarint } from "./protobuf.ts";

const VERSION = 3;
const MAC_AND_SIGNATURE_BYTES = 8 + 64;
/** Version, index (tag and up to five bytes), tag and length of the ciphertext. */
const MAX_HEADER_BYTES = 12;

export type MegolmHeader = { readonly messageIndex: number; readonly ciphertextBytes: number };

/**
 * The cleartext header of a Megolm ciphertext, read from its first characters without decrypting: cheap enough to bound how far a
 * message may move a ratchet. Nothing here is authenticated.
 */
export function parseMegolmHeader(ciphertext: string): Result<MegolmHeader, OlmFailure> {
  const head = Buffer.from(ciphertext.slice(0, (MAX_HEADER_BYTES / 3) * 4), "base64");
  if (head.length === 0) return err("invalid-base64");
  if (head[0] !== VERSION) return err("bad-message-version");
  if (head[1] !== 0x08) return err("bad-message-format");
  const index = readVarint(head, 2);
  if (index === undefined || head[index.next] !== 0x12) return err("bad-message-format");
  const length = readVarint(head, index.next + 1);
  if (length === undefined || length.number % 16 !== 0) return err("bad-message-format");
  const total = length.next + length.number + MAC_AND_SIGNATURE_BYTES;
  // Exactly these two fields and the trailer: a repeated field could not hide behind the ciphertext.
  if (Math.ceil((total * 4) / 3) !== ciphertext.length) return err("bad-message-format");
  return ok({ messageIndex: index.number, ciphertextBytes: length.number });
}

/** Pieces in which key files cross the port; well below its bound, so that the base64 of a piece fits whatever the file holds. */
const PIECE_CHARS = 1024 * 1024;
const MAX_BYTES = 512 * 1024 * 1024;
const HEAD_CHARS = 4096;

/** Where a key file's text comes from: a file, or the clipboard. */
export type KeySource = { readonly name: string | null; readonly blob: Blob };

export type SourceProblem = "keys.import.notKeys" | "keys.import.tooLarge";

/** Why something cannot be an export of keys, as far as its beginning and its size tell (Client-Server API, "Key export format"). */
export async function problemOf({ blob }: KeySource): Promise<SourceProblem | null> {
  if (blob.size > MAX_BYTES) return "keys.import.tooLarge";
  const head = await blob.slice(0, HEAD_CHARS).text();
  return head.includes("-----BEGIN MEGOLM SESSION DATA-----") ? null : "keys.import.notKeys";
}

/** The file's text, piece by piece. A character that lies across two pieces stays whole. */
export async function* piecesOf({ blob }: KeySource): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for (let at = 0; at < blob.size; at += PIECE_CHARS) {
    const bytes = await blob.slice(at, at + PIECE_CHARS).arrayBuffer();
    const piece = decoder.decode(bytes, { stream: true });
    if (piece !== "") yield piece;
  }
  const rest = decoder.decode();
  if (rest !== "") yield rest;
}

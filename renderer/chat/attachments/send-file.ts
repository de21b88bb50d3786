import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { MEDIA_PIECE_BYTES } from "../../../protocol/messages/media.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import { fileFacts } from "./file-facts.ts";

type Addressed = Pick<ParamsOf<ChatContract["sendAttachment"]>, "caption" | "relation" | "mentions">;

/**
 * Hands a file over to the worker, piece by piece, and has it queued; answers the item's id. From then on the worker alone looks after it. `onProgress` gets
 * bytes.
 */
export async function sendFile(
  link: WorkerLink<ChatContract>,
  roomId: string,
  file: File,
  addressed: Addressed,
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Result<string, ErrorCode>> {
  const { thumbnail, ...facts } = await fileFacts(file);
  const name = file.name === "" ? "file" : file.name.slice(-255);
  const begun = await link.call("beginAttachment", { roomId, name, mimetype: file.type.slice(0, 255), size: file.size, ...facts });
  if (!begun.ok) return err(begun.error.code);
  const { attachmentId } = begun.value;
  const giveUp = (code: ErrorCode): Result<never, ErrorCode> => {
    void link.call("discardAttachment", { attachmentId });
    return err(code);
  };
  for (let offset = 0; offset < file.size; offset += MEDIA_PIECE_BYTES) {
    if (signal.aborted) return giveUp("cancelled");
    const piece = await readPiece(file, offset);
    // Moved or changed since it was chosen.
    if (piece === null) return giveUp("not-found");
    const appended = await link.call("appendAttachment", { attachmentId, bytes: piece });
    if (!appended.ok) return giveUp(appended.error.code);
    onProgress(offset + piece.byteLength);
  }
  if (signal.aborted) return giveUp("cancelled");
  const sent = await link.call("sendAttachment", { attachmentId, thumbnail, ...addressed });
  return sent.ok ? ok(sent.value.itemId) : giveUp(sent.error.code);
}

async function readPiece(file: File, offset: number): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await file.slice(offset, offset + MEDIA_PIECE_BYTES).arrayBuffer());
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

import type { ChatContract } from "../../../protocol/chat.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";

export type Received = { readonly blob: Blob; readonly name: string };
export type Wanted = { readonly roomId: string; readonly id: string; readonly part: "file" | "thumbnail"; readonly maxBytes?: number };

/** Has the worker fetch, check and decrypt a file. The browser keeps a large blob on disk: what is in memory here is one piece. */
export async function receiveFile(
  link: WorkerLink<ChatContract>,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Result<Received, ErrorCode>> {
  const opened = await link.call("openAttachment", wanted, signal === undefined ? {} : { signal });
  if (!opened.ok) return err(opened.error.code);
  const { transferId, size, mimetype, name } = opened.value;
  try {
    const pieces: Blob[] = [];
    for (let offset = 0; offset < size;) {
      if (signal?.aborted === true) return err("cancelled");
      const piece = await link.call("readAttachment", { transferId, offset });
      if (!piece.ok) return err(piece.error.code);
      const bytes = new Uint8Array(piece.value.bytes);
      if (bytes.byteLength === 0) return err("attachment-damaged");
      pieces.push(new Blob([bytes]));
      offset += bytes.byteLength;
    }
    return ok({ blob: new Blob(pieces, { type: mimetype }), name });
  } finally {
    void link.call("closeAttachment", { transferId });
  }
}

import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { AttachmentVerifier } from "../../machine/attachments/attachment-decryptor.ts";
import { Secret } from "../../primitives/secret.ts";
import type { OutgoingAttachment } from "../../store/tables/outgoing-attachments.ts";
import type { QueuedEvent } from "../../store/tables/send-queue.ts";
import type { AttachmentKeys } from "../../wire/encrypted-file.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { HttpFailure } from "../http.ts";
import { cleanFileName, withMediaFile } from "./media-content.ts";
import type { MediaHttp } from "./media-http.ts";
import type { Spool } from "./spool.ts";
import type { TransferRegister } from "./transfer-register.ts";

/** Brings the files of queued messages to the server. What has arrived there is noted on disk and is not sent again. */
export class AttachmentUploads {
  readonly #context: ClientContext;
  readonly #http: MediaHttp;
  readonly #spool: Spool;
  readonly #register: TransferRegister;

  constructor(context: ClientContext, http: MediaHttp, spool: Spool, register: TransferRegister) {
    this.#context = context;
    this.#http = http;
    this.#spool = spool;
    this.#register = register;
  }

  parts(itemId: string): OutgoingAttachment[] {
    return this.#context.store.outgoingAttachments.of(itemId);
  }

  /** Messages of a room that are to be sent, and whose files do not lie on the server in the form that the room wants; in order. */
  waiting(roomId: RoomId): QueuedEvent[] {
    const { rooms, sendQueue } = this.#context.store;
    const encrypted = rooms.load(roomId)?.algorithm !== undefined;
    // What was encrypted names the files already.
    return sendQueue
      .withFiles(roomId)
      .filter(
        ({ itemId, ciphertext }) =>
          ciphertext === undefined && this.parts(itemId).some(({ uploaded }) => uploaded?.encrypted !== encrypted),
      );
  }

  /** Uploads what is not there yet: for an encrypted room as it lies in the spool, for any other decrypted. */
  async upload(entry: QueuedEvent, encrypted: boolean, signal: AbortSignal): Promise<Result<void, HttpFailure>> {
    for (const attachment of this.parts(entry.itemId)) {
      if (attachment.uploaded?.encrypted === encrypted) continue;
      const limit = await this.#http.uploadLimit();
      if (limit !== undefined && attachment.size > limit) return err({ code: "too-large", errcode: undefined, permanent: true });
      const mxc = await (encrypted ? this.#uploadAsItIs(entry, attachment, signal) : this.#uploadDecrypted(entry, attachment, signal));
      if (!mxc.ok) return mxc;
      this.#context.commit(() => {
        this.#context.store.outgoingAttachments.setUploaded(entry.itemId, attachment.part, mxc.value, encrypted);
      });
    }
    return ok(undefined);
  }

  /**
   * The content of a message with its files in it. Throws `conflict` where they do not lie on the server in that form (any more): the room's encryption was
   * turned on meanwhile.
   */
  contentOf(entry: QueuedEvent, encrypted: boolean): JsonObject {
    let content = entry.content;
    for (const attachment of this.parts(entry.itemId)) {
      if (attachment.uploaded?.encrypted !== encrypted) throw new CodedError("conflict");
      using key = Secret.from(attachment.key, "attachment-key");
      const keys = encrypted ? { key, iv: attachment.iv, sha256: attachment.sha256 } : undefined;
      content = withMediaFile(content, attachment.part, { mxc: attachment.uploaded.mxc, keys });
    }
    return content;
  }

  /** Their message is sent or given up. */
  forget(parts: readonly OutgoingAttachment[]): void {
    inBackground(this.#context, this.#spool.remove(parts.map(({ spoolId }) => spoolId)));
  }

  /** Removes files that nothing needs any more, as after a crash. */
  async tidy(): Promise<void> {
    const present = await this.#spool.list();
    if (this.#context.isClosed()) return;
    const named = new Set(this.#context.store.outgoingAttachments.spoolIds());
    const orphans = present.filter((spoolId) => !named.has(spoolId) && !this.#spool.isHeld(spoolId));
    for (let at = 0; at < orphans.length; at += 1000) await this.#spool.remove(orphans.slice(at, at + 1000));
  }

  #uploadAsItIs(entry: QueuedEvent, { spoolId, size }: OutgoingAttachment, signal: AbortSignal): ReturnType<MediaHttp["upload"]> {
    // Neither its name nor its type concerns the server.
    return this.#register.during(spoolId, upOf(entry), size, () =>
      this.#http.upload({ spoolId, contentType: "application/octet-stream", name: undefined, signal }),
    );
  }

  /** The server of an unencrypted room gets the file itself. It lies in the spool like that only for as long as this takes. */
  async #uploadDecrypted(entry: QueuedEvent, attachment: OutgoingAttachment, signal: AbortSignal): ReturnType<MediaHttp["upload"]> {
    const spoolId = this.#spool.hold();
    try {
      using key = Secret.from(attachment.key, "attachment-key");
      await this.#decryptInto(spoolId, attachment.spoolId, { key, iv: attachment.iv, sha256: attachment.sha256 }, signal);
      const name = attachment.part === "file" ? cleanFileName(stringField(entry.content, "filename") ?? "") : undefined;
      return await this.#register.during(spoolId, upOf(entry), attachment.size, () =>
        this.#http.upload({ spoolId, contentType: attachment.mimetype || "application/octet-stream", name, signal }),
      );
    } finally {
      inBackground(this.#context, this.#spool.remove([spoolId]));
    }
  }

  async #decryptInto(target: string, source: string, keys: AttachmentKeys, signal: AbortSignal): Promise<void> {
    const verifier = new AttachmentVerifier(keys);
    for await (const piece of this.#spool.pieces(source)) verifier.push(piece);
    const decryptor = verifier.finish();
    if (!decryptor.ok) throw new CodedError("attachment-damaged");
    let offset = 0;
    await this.#spool.append(target, 0, new Uint8Array());
    for await (const piece of this.#spool.pieces(source)) {
      if (signal.aborted) throw new CodedError("cancelled");
      await this.#spool.append(target, offset, decryptor.value.push(piece));
      offset += piece.byteLength;
    }
    if (!decryptor.value.finish().ok) throw new CodedError("attachment-damaged");
  }
}

const upOf = ({ roomId, itemId }: { readonly roomId: RoomId; readonly itemId: string }) =>
  ({ roomId, itemId, eventId: null, direction: "up" }) as const;

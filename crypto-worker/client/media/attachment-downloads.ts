import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf, ResultOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { parseEventId, type EventId, type RoomId } from "../../../protocol/ids.ts";
import { MAX_PREVIEW_BYTES, MEDIA_PIECE_BYTES } from "../../../protocol/messages/media.ts";
import { type AttachmentDecryptor, AttachmentVerifier } from "../../machine/attachments/attachment-decryptor.ts";
import { encodeBase64Url } from "../../primitives/base64.ts";
import { sha256 } from "../../primitives/hash.ts";
import { constantTimeEqual } from "../../primitives/hmac.ts";
import { Secret } from "../../primitives/secret.ts";
import type { QueuedEvent } from "../../store/tables/send-queue.ts";
import type { AttachmentPart } from "../../store/tables/outgoing-attachments.ts";
import { objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { AttachmentKeys } from "../../wire/encrypted-file.ts";
import { pictureType } from "../avatars.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { effectiveContent } from "../timeline/search-text.ts";
import { cleanFileName, mediaClaims, parseMediaFile, shownType, type MediaClaims, type MediaFile } from "./media-content.ts";
import type { MediaHttp } from "./media-http.ts";
import type { Spool } from "./spool.ts";
import type { TransferRegister } from "./transfer-register.ts";

type Wanted = Pick<ParamsOf<ChatContract["openAttachment"]>, "part" | "maxBytes">;

const HOLDS_FILES: ReadonlySet<string> = new Set(["m.room.message", "m.sticker"]);

/** What is to be opened, and where it is: with the server, or in the spool already. */
type Found = {
  readonly eventId: EventId | null;
  readonly name: string;
  readonly claims: MediaClaims;
  readonly keys: AttachmentKeys | undefined;
  readonly place: { readonly kind: "server"; readonly mxc: MediaFile["mxc"] } | { readonly kind: "spool"; readonly spoolId: string };
};

type Opened = {
  readonly spoolId: string;
  /** Whether the file in the spool is there for this alone. */
  readonly own: boolean;
  readonly size: number;
  readonly decryptor: AttachmentDecryptor | undefined;
  readonly keys: AttachmentKeys | undefined;
  /** Of each piece as it was when the whole was verified. */
  readonly pieceHashes: readonly Uint8Array[];
  /** Where the next piece starts. */
  offset: number;
  /** Read already, to see what it is. */
  first: Uint8Array | undefined;
  busy: boolean;
};

const MAX_OPEN = 64;
/** No file that anybody sends is as large; it keeps a server from filling the disk. */
const MAX_FILE_BYTES = 16 * 1024 ** 3;

/**
 * Files of messages on their way to a page.
 *
 * SECURITY: a file is fetched as it is and read twice. The first pass checks the hash that its sender wrote and decrypts nothing. The second decrypts piece by
 * piece, each of them compared with what the first pass saw, as the file lies with main in between: not a byte leaves that was not verified.
 */
export class AttachmentDownloads {
  readonly #context: ClientContext;
  readonly #http: MediaHttp;
  readonly #spool: Spool;
  readonly #register: TransferRegister;
  readonly #open = new Map<string, Opened>();

  constructor(context: ClientContext, http: MediaHttp, spool: Spool, register: TransferRegister) {
    this.#context = context;
    this.#http = http;
    this.#spool = spool;
    this.#register = register;
  }

  async open(roomId: RoomId, id: string, wanted: Wanted, signal: AbortSignal): Promise<ResultOf<ChatContract["openAttachment"]>> {
    if (this.#open.size >= MAX_OPEN) throw new CodedError("too-many-requests-in-flight");
    const found = this.#find(roomId, id, wanted.part);
    try {
      const maxBytes = Math.min(wanted.maxBytes ?? MAX_FILE_BYTES, wanted.part === "thumbnail" ? MAX_PREVIEW_BYTES : MAX_FILE_BYTES);
      if ((found.claims.size ?? 0) > maxBytes) throw new CodedError("too-large");
      const own = found.place.kind === "server";
      const spoolId = await this.#fetch(roomId, found, maxBytes, signal);
      try {
        const opened = await this.#verify(spoolId, own, found.keys, maxBytes, signal);
        opened.first = await this.#next(opened);
        const transferId = encodeBase64Url(this.#context.env.randomBytes(12));
        this.#open.set(transferId, opened);
        const mimetype = shownType(pictureType(opened.first), wanted.part === "file" ? found.claims.mimetype : null);
        return { transferId, size: opened.size, mimetype, name: found.name };
      } catch (error) {
        if (own) inBackground(this.#context, this.#spool.remove([spoolId]));
        throw error;
      }
    } catch (error) {
      found.keys?.key[Symbol.dispose]();
      throw error;
    }
  }

  /** The pieces come once and in their order. */
  async read(transferId: string, offset: number): Promise<Uint8Array> {
    const opened = this.#open.get(transferId);
    if (opened === undefined) throw new CodedError("not-found");
    if (opened.first !== undefined) {
      if (offset !== 0) throw new CodedError("invalid-request");
      const { first } = opened;
      opened.first = undefined;
      return first;
    }
    if (offset !== opened.offset) throw new CodedError("invalid-request");
    return this.#next(opened);
  }

  /** One that is not open is no error. */
  close(transferId: string): void {
    const opened = this.#open.get(transferId);
    if (opened === undefined) return;
    this.#open.delete(transferId);
    opened.keys?.key[Symbol.dispose]();
    if (opened.own) inBackground(this.#context, this.#spool.remove([opened.spoolId]));
  }

  async #fetch(roomId: RoomId, { eventId, claims, place }: Found, maxBytes: number, signal: AbortSignal): Promise<string> {
    if (place.kind === "spool") return place.spoolId;
    const spoolId = this.#spool.hold();
    const subject = { roomId, itemId: null, eventId, direction: "down" } as const;
    const answer = await this.#register.during(spoolId, subject, claims.size, () =>
      this.#http.download(place.mxc, spoolId, maxBytes, signal),
    );
    if (answer.ok && !signal.aborted) return spoolId;
    inBackground(this.#context, this.#spool.remove([spoolId]));
    throw new CodedError(answer.ok ? "cancelled" : answer.error.code);
  }

  async #verify(spoolId: string, own: boolean, keys: AttachmentKeys | undefined, maxBytes: number, signal: AbortSignal): Promise<Opened> {
    const verifier = keys === undefined ? undefined : new AttachmentVerifier(keys);
    const pieceHashes: Uint8Array[] = [];
    let size = 0;
    for await (const piece of this.#spool.pieces(spoolId)) {
      if (signal.aborted) throw new CodedError("cancelled");
      verifier?.push(piece);
      pieceHashes.push(sha256(piece));
      size += piece.byteLength;
      if (size > maxBytes) throw new CodedError("too-large");
    }
    const decryptor = verifier?.finish();
    if (decryptor?.ok === false) throw new CodedError("attachment-damaged");
    return { spoolId, own, size, keys, decryptor: decryptor?.value, pieceHashes, offset: 0, first: undefined, busy: false };
  }

  async #next(opened: Opened): Promise<Uint8Array> {
    if (opened.offset >= opened.size) return new Uint8Array();
    if (opened.busy) throw new CodedError("conflict");
    opened.busy = true;
    try {
      const piece = await this.#spool.piece(opened.spoolId, opened.offset);
      const expected = opened.pieceHashes[Math.floor(opened.offset / MEDIA_PIECE_BYTES)];
      if (expected === undefined || !constantTimeEqual(sha256(piece), expected)) throw new CodedError("attachment-damaged");
      opened.offset += piece.byteLength;
      // SECURITY: a buffer of its own: what crosses a port takes along all of the memory that it is a view of.
      return opened.decryptor === undefined ? piece : new Uint8Array(opened.decryptor.push(piece));
    } finally {
      opened.busy = false;
    }
  }

  #find(roomId: RoomId, id: string, part: AttachmentPart): Found {
    const eventId = parseEventId(id);
    const event = eventId.ok ? this.#context.store.events.load(roomId, eventId.value) : undefined;
    if (event === undefined) return this.#findQueued(roomId, id, part);
    if (event.redactedBy !== undefined || event.utdCode !== undefined || !HOLDS_FILES.has(event.type)) throw new CodedError("not-found");
    const content = effectiveContent(event, this.#context.store.events.related(roomId, event.eventId));
    const file = parseMediaFile(content, part, event.source !== undefined);
    // Something is named that cannot be what it says it is.
    if (file === undefined) throw new CodedError(part === "file" ? "attachment-damaged" : "not-found");
    return { eventId: event.eventId, ...describe(content, part), keys: file.keys, place: { kind: "server", mxc: file.mxc } };
  }

  #findQueued(roomId: RoomId, id: string, part: AttachmentPart): Found {
    const { sendQueue, outgoingAttachments } = this.#context.store;
    const eventId = parseEventId(id);
    const entry = sendQueue.byItem(id) ?? (eventId.ok ? sendQueue.byEvent(roomId, eventId.value) : undefined);
    if (entry === undefined || entry.roomId !== roomId) throw new CodedError("not-found");
    const attachment = outgoingAttachments.of(entry.itemId).find((each) => each.part === part);
    if (attachment === undefined) return this.#findPassedOn(entry, part);
    const { uploaded } = attachment;
    const isGone = entry.state === "sent" && uploaded !== undefined;
    const isClear = isGone && !uploaded.encrypted;
    return {
      eventId: entry.eventId ?? null,
      ...describe(entry.content, part),
      keys: isClear ? undefined : { key: Secret.from(attachment.key, "attachment-key"), iv: attachment.iv, sha256: attachment.sha256 },
      place: isGone ? { kind: "server", mxc: uploaded.mxc } : { kind: "spool", spoolId: attachment.spoolId },
    };
  }

  /** A file of a message that somebody else wrote, on its way to another room: it lies on the server already. */
  #findPassedOn(entry: QueuedEvent, part: AttachmentPart): Found {
    const isEncrypted = this.#context.store.rooms.load(entry.roomId)?.algorithm !== undefined;
    const file = parseMediaFile(entry.content, part, isEncrypted);
    if (file === undefined) throw new CodedError("not-found");
    return { eventId: entry.eventId ?? null, ...describe(entry.content, part), keys: file.keys, place: { kind: "server", mxc: file.mxc } };
  }
}

function describe(content: JsonObject, part: AttachmentPart): Pick<Found, "name" | "claims"> {
  const info = objectField(content, "info") ?? {};
  return {
    name: cleanFileName(stringField(content, "filename") ?? stringField(content, "body") ?? ""),
    claims: mediaClaims(part === "file" ? info : (objectField(info, "thumbnail_info") ?? {})),
  };
}

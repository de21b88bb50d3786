import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import { AttachmentEncryptor } from "../../machine/attachments/attachment-encryptor.ts";
import { encodeBase64Url } from "../../primitives/base64.ts";
import type { AttachmentPart, NewAttachment } from "../../store/tables/outgoing-attachments.ts";
import type { JsonObject } from "../../wire/json.ts";
import { pictureType } from "../avatars.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { Composer } from "../send-queue/composer.ts";
import { cleanFileName } from "./media-content.ts";
import type { MediaHttp } from "./media-http.ts";
import type { Spool } from "./spool.ts";

type Begun = Omit<ParamsOf<ChatContract["beginAttachment"]>, "roomId">;
type Finish = Omit<ParamsOf<ChatContract["sendAttachment"]>, "attachmentId">;
type Thumbnail = NonNullable<Finish["thumbnail"]>;

type Draft = {
  readonly roomId: RoomId;
  readonly about: Begun;
  readonly encryptor: AttachmentEncryptor;
  readonly spoolId: string;
  size: number;
  /** One call at a time: what is appended has an order. */
  busy: boolean;
};

const MAX_DRAFTS = 100;

/** Files that a page is handing over, piece by piece. They are encrypted as they come, and become messages of the send queue. */
export class AttachmentDrafts {
  readonly #context: ClientContext;
  readonly #composer: Composer;
  readonly #http: MediaHttp;
  readonly #spool: Spool;
  readonly #drafts = new Map<string, Draft>();

  constructor(context: ClientContext, composer: Composer, http: MediaHttp, spool: Spool) {
    this.#context = context;
    this.#composer = composer;
    this.#http = http;
    this.#spool = spool;
  }

  async begin(roomId: RoomId, about: Begun): Promise<string> {
    this.#composer.requireWritable(roomId);
    if (this.#drafts.size >= MAX_DRAFTS) throw new CodedError("too-many-requests-in-flight");
    const limit = await this.#http.uploadLimit();
    if (limit !== undefined && about.size > limit) throw new CodedError("too-large");
    const attachmentId = encodeBase64Url(this.#context.env.randomBytes(12));
    const draft: Draft = {
      roomId,
      about,
      encryptor: new AttachmentEncryptor(this.#context.env),
      spoolId: this.#spool.hold(),
      size: 0,
      busy: false,
    };
    this.#drafts.set(attachmentId, draft);
    return attachmentId;
  }

  append(attachmentId: string, bytes: Uint8Array): Promise<void> {
    const draft = this.#require(attachmentId);
    if (draft.size + bytes.byteLength > draft.about.size) throw new CodedError("invalid-request");
    return this.#alone(draft, async () => {
      const offset = draft.size;
      draft.size += bytes.byteLength;
      try {
        await this.#spool.append(draft.spoolId, offset, draft.encryptor.push(bytes));
      } catch (error) {
        // The cipher has moved on: there is no second try for this piece.
        this.discard(attachmentId);
        throw error;
      }
    });
  }

  /** One that is not there any more is no error. */
  discard(attachmentId: string): void {
    const draft = this.#drafts.get(attachmentId);
    if (draft === undefined) return;
    this.#drafts.delete(attachmentId);
    inBackground(this.#context, this.#spool.remove([draft.spoolId]));
  }

  /** Answers with the id of the local echo once the message and its files are on disk. */
  send(attachmentId: string, finish: Finish): Promise<string> {
    const draft = this.#require(attachmentId);
    const { about, roomId } = draft;
    if (draft.size !== about.size) throw new CodedError("invalid-request");
    const { thumbnail } = finish;
    if (thumbnail !== null && pictureType(thumbnail.bytes) !== thumbnail.mimetype) throw new CodedError("invalid-request");
    return this.#alone(draft, async () => {
      const spools = [draft.spoolId];
      try {
        // Whatever happens to the page from here on: the same attachment is not sent twice.
        this.#drafts.delete(attachmentId);
        await this.#spool.append(draft.spoolId, draft.size, new Uint8Array(), true);
        const parts = [attachmentOf("file", draft.encryptor, { spoolId: draft.spoolId, size: draft.size, mimetype: about.mimetype })];
        if (thumbnail !== null) parts.push(await this.#encryptThumbnail(thumbnail, spools));
        const itemId = this.#composer.sendAttachment(roomId, { ...finish, content: describe(about, thumbnail), attachments: parts });
        for (const spoolId of spools) this.#spool.release(spoolId);
        return itemId;
      } catch (error) {
        inBackground(this.#context, this.#spool.remove(spools));
        throw error;
      }
    });
  }

  async #encryptThumbnail({ bytes, mimetype }: Thumbnail, spools: string[]): Promise<NewAttachment> {
    const spoolId = this.#spool.hold();
    spools.push(spoolId);
    const encryptor = new AttachmentEncryptor(this.#context.env);
    await this.#spool.append(spoolId, 0, encryptor.push(bytes), true);
    return attachmentOf("thumbnail", encryptor, { spoolId, size: bytes.byteLength, mimetype });
  }

  async #alone<T>(draft: Draft, work: () => Promise<T>): Promise<T> {
    if (draft.busy) throw new CodedError("conflict");
    draft.busy = true;
    try {
      return await work();
    } finally {
      draft.busy = false;
    }
  }

  #require(attachmentId: string): Draft {
    const draft = this.#drafts.get(attachmentId);
    if (draft === undefined) throw new CodedError("not-found");
    return draft;
  }
}

function attachmentOf(
  part: AttachmentPart,
  encryptor: AttachmentEncryptor,
  file: Pick<NewAttachment, "spoolId" | "size" | "mimetype">,
): NewAttachment {
  const keys = encryptor.finish();
  using key = keys.key;
  return { part, ...file, key: key.use((bytes) => Uint8Array.from(bytes)), iv: keys.iv, sha256: keys.sha256 };
}

/** The message without its text and its places: https://spec.matrix.org/v1.16/client-server-api/#mimage and its neighbours. */
function describe({ kind, name, mimetype, size, width, height, durationMs }: Begun, thumbnail: Thumbnail | null): JsonObject {
  return {
    msgtype: `m.${kind}`,
    filename: cleanFileName(name),
    info: {
      size,
      ...(mimetype === "" ? {} : { mimetype }),
      ...(width === undefined ? {} : { w: width }),
      ...(height === undefined ? {} : { h: height }),
      ...(durationMs === undefined ? {} : { duration: durationMs }),
      ...(thumbnail === null
        ? {}
        : { thumbnail_info: { mimetype: thumbnail.mimetype, size: thumbnail.bytes.byteLength, w: thumbnail.width, h: thumbnail.height } }),
    },
  };
}

import { MatrixError, notFound } from "./matrix-error.ts";
import { randomId } from "./random.ts";

export type StoredMedia = { bytes: Uint8Array<ArrayBuffer>; contentType: string; fileName: string | undefined };

export class MediaStore {
  readonly #media = new Map<string, { owner: string; stored: StoredMedia | undefined }>();
  readonly #serverName: string;
  readonly #limit: () => number;

  /** `limit`: the largest file in bytes. */
  constructor(serverName: string, limit: () => number) {
    this.#serverName = serverName;
    this.#limit = limit;
  }

  /** Reserves an mxc URI whose content may be uploaded later. */
  reserve(owner: string): string {
    const mediaId = randomId(24);
    this.#media.set(mediaId, { owner, stored: undefined });
    return `mxc://${this.#serverName}/${mediaId}`;
  }

  fill(owner: string, serverName: string, mediaId: string, media: StoredMedia): void {
    const entry = serverName === this.#serverName ? this.#media.get(mediaId) : undefined;
    if (entry === undefined || entry.owner !== owner) throw new MatrixError(403, "M_FORBIDDEN", "Not the creator of this media ID");
    if (entry.stored !== undefined) throw new MatrixError(409, "M_CANNOT_OVERWRITE_MEDIA", "Media ID already has content");
    if (media.bytes.byteLength > this.#limit()) throw new MatrixError(413, "M_TOO_LARGE", "Upload request body is too large");
    entry.stored = media;
  }

  upload(owner: string, media: StoredMedia): string {
    const uri = this.reserve(owner);
    this.fill(owner, this.#serverName, uri.slice(uri.lastIndexOf("/") + 1), media);
    return uri;
  }

  find(serverName: string, mediaId: string): StoredMedia {
    const entry = serverName === this.#serverName ? this.#media.get(mediaId) : undefined;
    if (entry === undefined) throw notFound("Media not found");
    if (entry.stored === undefined) throw new MatrixError(504, "M_NOT_YET_UPLOADED", "Media has not been uploaded yet");
    return entry.stored;
  }
}

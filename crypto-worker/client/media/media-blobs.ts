import type { MxcUri } from "../../../protocol/ids.ts";
import { MEDIA_PIECE_BYTES } from "../../../protocol/messages/media.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { HttpFailure } from "../http.ts";
import type { MediaHttp } from "./media-http.ts";
import type { Spool } from "./spool.ts";

/** Ciphertexts that belong to no message and are small enough to be in memory. Where the spool fails, a `CodedError` is thrown. */
export class MediaBlobs {
  readonly #context: ClientContext;
  readonly #http: MediaHttp;
  readonly #spool: Spool;

  constructor(context: ClientContext, http: MediaHttp, spool: Spool) {
    this.#context = context;
    this.#http = http;
    this.#spool = spool;
  }

  async upload(ciphertext: Uint8Array, signal: AbortSignal): Promise<Result<MxcUri, HttpFailure>> {
    const limit = await this.#http.uploadLimit();
    if (limit !== undefined && ciphertext.byteLength > limit) return err(TOO_LARGE);
    return this.#during(async (spoolId) => {
      for (let at = 0; at < ciphertext.byteLength; at += MEDIA_PIECE_BYTES)
        await this.#spool.append(spoolId, at, ciphertext.subarray(at, at + MEDIA_PIECE_BYTES));
      return this.#http.upload({ spoolId, contentType: "application/octet-stream", name: undefined, signal });
    });
  }

  async download(mxc: MxcUri, maxBytes: number, signal: AbortSignal): Promise<Result<Uint8Array, HttpFailure>> {
    return this.#during(async (spoolId) => {
      const size = await this.#http.download(mxc, spoolId, maxBytes, signal);
      if (!size.ok) return size;
      const pieces: Uint8Array[] = [];
      for await (const piece of this.#spool.pieces(spoolId)) pieces.push(piece);
      const ciphertext = Buffer.concat(pieces);
      return ciphertext.byteLength > maxBytes ? err(TOO_LARGE) : ok(ciphertext);
    });
  }

  async #during<T>(work: (spoolId: string) => Promise<T>): Promise<T> {
    const spoolId = this.#spool.hold();
    try {
      return await work(spoolId);
    } finally {
      inBackground(this.#context, this.#spool.remove([spoolId]));
    }
  }
}

const TOO_LARGE: HttpFailure = { code: "too-large", errcode: undefined, permanent: true };

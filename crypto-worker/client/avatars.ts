import { CodedError } from "../../protocol/errors.ts";
import type { ChatContract } from "../../protocol/chat.ts";
import type { ResultOf } from "../../protocol/define.ts";
import { parseMxcUri } from "../../protocol/ids.ts";
import type { MatrixHttp } from "./http.ts";
import { segment } from "./http.ts";

type Picture = ResultOf<ChatContract["avatar"]>;

const MAX_BYTES = 4_194_304;
const CACHE_BYTES = 16 * 1024 * 1024;

/** Pictures of people and rooms: small, checked to be pictures, the most recent ones kept in memory. */
export class AvatarCache {
  readonly #http: MatrixHttp;
  /** In order of last use. */
  readonly #cached = new Map<string, Picture>();
  readonly #loading = new Map<string, Promise<Picture>>();
  #bytes = 0;

  constructor(http: MatrixHttp) {
    this.#http = http;
  }

  load(mxc: string, size: number): Promise<Picture> {
    const key = `${size} ${mxc}`;
    const cached = this.#cached.get(key);
    if (cached !== undefined) {
      this.#cached.delete(key);
      this.#cached.set(key, cached);
      return Promise.resolve(cached);
    }
    const running = this.#loading.get(key);
    if (running !== undefined) return running;
    const loading = this.#fetch(mxc, size)
      .then((picture) => this.#keep(key, picture))
      .finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  async #fetch(mxc: string, size: number): Promise<Picture> {
    const uri = parseMxcUri(mxc);
    if (!uri.ok) throw new CodedError("invalid-request");
    const [server = "", media = ""] = uri.value.slice("mxc://".length).split("/");
    const path = `/_matrix/client/v1/media/thumbnail/${segment(server)}/${segment(media)}?width=${size}&height=${size}&method=crop`;
    const answer = await this.#http.bytes({ kind: "media", method: "GET", path });
    if (!answer.ok) throw new CodedError(answer.error.code);
    const mimetype = pictureType(answer.value);
    if (mimetype === undefined) throw new CodedError("unsupported");
    if (answer.value.byteLength > MAX_BYTES) throw new CodedError("too-large");
    return { bytes: answer.value, mimetype };
  }

  #keep(key: string, picture: Picture): Picture {
    this.#cached.set(key, picture);
    this.#bytes += picture.bytes.byteLength;
    for (const [oldest, entry] of this.#cached) {
      if (this.#bytes <= CACHE_BYTES || oldest === key) break;
      this.#cached.delete(oldest);
      this.#bytes -= entry.bytes.byteLength;
    }
    return picture;
  }
}

/** By the bytes themselves: what a server calls them is not believed, and SVG can carry scripts. */
export function pictureType(bytes: Uint8Array): Picture["mimetype"] | undefined {
  const starts = (...expected: readonly number[]): boolean => expected.every((byte, index) => bytes[index] === byte);
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  if (starts(0xff, 0xd8, 0xff)) return "image/jpeg";
  if (text(0, 6) === "GIF87a" || text(0, 6) === "GIF89a") return "image/gif";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp";
  return undefined;
}

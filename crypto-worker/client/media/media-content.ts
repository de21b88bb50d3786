import { parseMxcUri, type MxcUri } from "../../../protocol/ids.ts";
import { encodeEncryptedFile, parseEncryptedFile, type AttachmentKeys } from "../../wire/encrypted-file.ts";
import { integerField, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { AttachmentPart } from "../../store/tables/outgoing-attachments.ts";

/** Where a file of a message lies, and what reads it. */
export type MediaFile = {
  readonly mxc: MxcUri;
  /** Undefined for a file that lies there as it is. The holder disposes of the key. */
  readonly keys: AttachmentKeys | undefined;
};

/**
 * A file that a message is about, if it names one that can be fetched. SECURITY: in an encrypted message only an encrypted file counts: nothing else is
 * bound to what the sender wrote, and whoever keeps it could put another in its place.
 */
export function parseMediaFile(content: JsonObject, part: AttachmentPart, isEncrypted: boolean): MediaFile | undefined {
  const holder = part === "file" ? content : objectField(content, "info");
  if (holder === undefined) return undefined;
  const [fileField, urlField] = part === "file" ? ["file", "url"] : ["thumbnail_file", "thumbnail_url"];
  const encrypted = objectField(holder, fileField);
  if (encrypted !== undefined) {
    const file = parseEncryptedFile(encrypted);
    return file.ok ? { mxc: file.value.url, keys: file.value } : undefined;
  }
  if (isEncrypted) return undefined;
  const mxc = parseMxcUri(stringField(holder, urlField));
  return mxc.ok ? { mxc: mxc.value, keys: undefined } : undefined;
}

/** Whether a message has such a file. */
export function hasMediaFile(content: JsonObject, part: AttachmentPart, isEncrypted: boolean): boolean {
  const file = parseMediaFile(content, part, isEncrypted);
  file?.keys?.key[Symbol.dispose]();
  return file !== undefined;
}

/** SECURITY: with `keys` the result holds the key of the file; only for the inside of encrypted events. */
export function withMediaFile(content: JsonObject, part: AttachmentPart, { mxc, keys }: MediaFile): JsonObject {
  const encrypted = keys === undefined ? undefined : encodeEncryptedFile(mxc, keys);
  if (part === "file") return { ...content, ...(encrypted === undefined ? { url: mxc } : { file: encrypted }) };
  const info = objectField(content, "info") ?? {};
  return { ...content, info: { ...info, ...(encrypted === undefined ? { thumbnail_url: mxc } : { thumbnail_file: encrypted }) } };
}

/** What the sender says of a file. */
export type MediaClaims = {
  readonly size: number | null;
  readonly mimetype: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly durationMs: number | null;
};

export function mediaClaims(info: JsonObject): MediaClaims {
  const number = (name: string, least: number, most: number): number | null => {
    const value = integerField(info, name);
    return value !== undefined && value >= least && value <= most ? value : null;
  };
  return {
    size: number("size", 0, Number.MAX_SAFE_INTEGER),
    mimetype: stringField(info, "mimetype")?.slice(0, 255) ?? null,
    width: number("w", 1, MAX_PIXELS),
    height: number("h", 1, MAX_PIXELS),
    durationMs: number("duration", 0, Number.MAX_SAFE_INTEGER),
  };
}

const MAX_PIXELS = 1_000_000;

/** A name without a path and without what could make it look like another: never empty. */
export function cleanFileName(name: string): string {
  const last =
    name
      .replace(/\p{Cc}|\p{Cf}|[\u2028\u2029]/gu, "")
      .split(/[/\\]/)
      .at(-1) ?? "";
  const trimmed = last.trim().slice(0, 255).toWellFormed();
  return trimmed === "" || trimmed === "." || trimmed === ".." ? "file" : trimmed;
}

const PLAYABLE: ReadonlySet<string> = new Set([
  "video/mp4",
  "video/webm",
  "video/ogg",
  "video/quicktime",
  "audio/mpeg",
  "audio/mp4",
  "audio/aac",
  "audio/ogg",
  "audio/opus",
  "audio/webm",
  "audio/wav",
  "audio/x-wav",
  "audio/flac",
  "audio/x-flac",
]);

/** SECURITY: what may become the type of a blob in a page. Anything that a browser could run or draw as a document is not among it. */
export function shownType(picture: string | undefined, claimed: string | null): string {
  if (picture !== undefined) return picture;
  const type = claimed?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return PLAYABLE.has(type) ? type : "application/octet-stream";
}

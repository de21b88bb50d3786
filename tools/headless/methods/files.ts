import { createHash } from "node:crypto";
import { rename, rm, type FileHandle } from "node:fs/promises";
import { basename, extname } from "node:path";
import { z } from "zod";
import { CodedError } from "../../../protocol/errors.ts";
import { MEDIA_PIECE_BYTES, mediaKindSchema, pixelsSchema } from "../../../protocol/messages/media.ts";
import { bodySchema, eventIdSchema, roomIdSchema } from "../../../protocol/messages/text.ts";
import type { HeadlessApp } from "../headless-app.ts";
import { withFile } from "../with-file.ts";
import { waitUntilSent } from "./messages.ts";
import { method, type Methods } from "./method.ts";

const pathSchema = z.string().min(1).max(4096);

/** A program says what its file is; for the rest its name is enough. */
const TYPES: ReadonlyMap<string, string> = new Map([
  [".png", "image/png"],
  [".jpg", "image/jpeg"],
  [".jpeg", "image/jpeg"],
  [".gif", "image/gif"],
  [".webp", "image/webp"],
  [".mp4", "video/mp4"],
  [".webm", "video/webm"],
  [".mp3", "audio/mpeg"],
  [".ogg", "audio/ogg"],
  [".pdf", "application/pdf"],
  [".txt", "text/plain"],
]);

const thumbnailSchema = z.strictObject({ path: pathSchema, width: pixelsSchema, height: pixelsSchema });
const sendSchema = z.strictObject({
  roomId: roomIdSchema,
  path: pathSchema,
  caption: bodySchema.min(1).optional(),
  width: pixelsSchema.optional(),
  height: pixelsSchema.optional(),
  thumbnail: thumbnailSchema.optional(),
});

export const fileMethods: Methods = {
  sendFile: method(sendSchema, async (app, { roomId, path, caption, thumbnail, ...shape }) => {
    app.requireReady();
    const attachmentId = await withFile(path, "r", (handle) => hand(app, handle, { roomId, name: basename(path), ...shape }));
    const { itemId } = await app.ask("sendAttachment", {
      attachmentId,
      thumbnail: thumbnail === undefined ? null : await readThumbnail(thumbnail),
      caption: caption ?? null,
      relation: {},
      mentions: [],
    });
    await app.timelines.open(roomId);
    return { eventId: await waitUntilSent(app, roomId, itemId), itemId };
  }),

  saveFile: method(
    z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, path: pathSchema, part: z.enum(["file", "thumbnail"]).optional() }),
    async (app, { roomId, eventId, path, part = "file" }) => {
      app.requireReady();
      const { transferId, size, mimetype, name } = await app.ask("openAttachment", { roomId, id: eventId, part });
      const unfinished = `${path}.new`;
      try {
        const sha256 = await withFile(unfinished, "w", (handle) => save(app, transferId, handle));
        await rename(unfinished, path);
        return { size, sha256, mimetype, name };
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      } finally {
        await app.ask("closeAttachment", { transferId });
      }
    },
  ),
};

/** Hands a file over to the worker, piece by piece. */
async function hand(
  app: HeadlessApp,
  handle: FileHandle,
  about: { readonly roomId: string; readonly name: string; readonly width?: number | undefined; readonly height?: number | undefined },
): Promise<string> {
  const { size } = await handle.stat();
  const mimetype = TYPES.get(extname(about.name).toLowerCase()) ?? "application/octet-stream";
  const kind = mediaKindSchema.safeParse(mimetype.split("/", 1)[0]);
  const { attachmentId } = await app.ask("beginAttachment", { ...about, mimetype, size, kind: kind.success ? kind.data : "file" });
  const stream = handle.createReadStream({ highWaterMark: MEDIA_PIECE_BYTES, autoClose: false });
  for await (const piece of stream)
    await app.ask("appendAttachment", { attachmentId, bytes: new Uint8Array(z.instanceof(Buffer).parse(piece)) });
  return attachmentId;
}

async function readThumbnail({ path, width, height }: z.infer<typeof thumbnailSchema>) {
  const bytes = new Uint8Array(await withFile(path, "r", (handle) => handle.readFile()));
  const type = z.enum(["image/jpeg", "image/png", "image/webp"]).safeParse(TYPES.get(extname(path).toLowerCase()));
  if (!type.success) throw new CodedError("invalid-request");
  return { bytes, mimetype: type.data, width, height };
}

async function save(app: HeadlessApp, transferId: string, handle: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  for (let offset = 0; ;) {
    const { bytes } = await app.ask("readAttachment", { transferId, offset });
    if (bytes.byteLength === 0) break;
    hash.update(bytes);
    await handle.writeFile(bytes);
    offset += bytes.byteLength;
  }
  await handle.sync();
  return hash.digest("hex");
}

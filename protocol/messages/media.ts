import { z } from "zod";
import { bytesSchema, countSchema, eventIdSchema, idSchema, roomIdSchema } from "./text.ts";

/** Files cross the ports in pieces of at most this size, so that none of the processes ever holds a whole one. */
export const MEDIA_PIECE_BYTES = 1_048_576;
/** A preview is shown by the page from memory: sent ones are smaller, received ones may be as large as this. */
export const MAX_PREVIEW_BYTES = 4_194_304;
export const MAX_THUMBNAIL_BYTES = 524_288;

export const pieceSchema = bytesSchema(MEDIA_PIECE_BYTES);
/** Chosen at random by the worker; main makes a file name of it. */
export const spoolIdSchema = z.string().regex(/^[0-9a-f]{32}$/);
export const mediaKindSchema = z.enum(["image", "video", "audio", "file"]);
/** Pixels of a picture or a film. */
export const pixelsSchema = z.int().min(1).max(1_000_000);

export const thumbnailSchema = z.strictObject({
  bytes: bytesSchema(MAX_THUMBNAIL_BYTES),
  mimetype: z.enum(["image/jpeg", "image/png", "image/webp"]),
  width: pixelsSchema,
  height: pixelsSchema,
});

/** A file on its way: `itemId` is set for one that we send, `eventId` for one that we fetch. */
export const transferSchema = z.strictObject({
  roomId: roomIdSchema,
  itemId: idSchema.nullable(),
  eventId: eventIdSchema.nullable(),
  direction: z.enum(["up", "down"]),
  /** Bytes. */
  done: countSchema,
  /** Null while it is not known. */
  total: countSchema.nullable(),
});
export type Transfer = z.infer<typeof transferSchema>;

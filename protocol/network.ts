import { z } from "zod";
import { call, event } from "./define.ts";
import { MEDIA_PIECE_BYTES, pieceSchema, spoolIdSchema } from "./messages/media.ts";
import { bytesSchema, countSchema, idSchema, millisSchema } from "./messages/text.ts";

const nothing = z.strictObject({});
const pathSchema = z
  .string()
  .max(8192)
  .regex(/^\/_matrix\//);

/**
 * One HTTP request that the worker wants made. Main adds the homeserver's base URL and, unless `auth` is false, the token; it does not interpret bodies.
 * `path` starts with `/_matrix/` and carries its query string.
 */
const httpRequestSchema = z.strictObject({
  id: idSchema,
  kind: z.enum([
    "keys_upload",
    "keys_query",
    "keys_claim",
    "keys_changes",
    "to_device",
    "signatures_upload",
    "signing_keys_upload",
    "keys_backup",
    "room_message",
    "dehydrated_device",
    "room",
    "account",
    "media",
  ]),
  method: z.enum(["GET", "POST", "PUT", "DELETE"]),
  path: pathSchema,
  /** JSON text, or absent. */
  body: z
    .string()
    .max(32 * 1024 * 1024)
    .optional(),
  accept: z.enum(["json", "bytes"]),
  auth: z.boolean(),
  timeoutMs: millisSchema.max(600_000),
  /** Whether main may repeat it by itself after a lost connection or a 5xx: only where the spec makes a repeat harmless. 429 is always waited out. */
  retry: z.enum(["safe", "never"]),
});
export type HttpRequest = z.infer<typeof httpRequestSchema>;

const httpResponseSchema = z.strictObject({
  status: z.int().min(100).max(599),
  /** The text of a JSON answer (checked by the worker, not by main). Empty for `accept: "bytes"` with a status of 2xx. */
  body: z.string().max(256 * 1024 * 1024),
  bytes: bytesSchema(64 * 1024 * 1024).nullable(),
  contentType: z.string().max(255).nullable(),
});
export type HttpResponse = z.infer<typeof httpResponseSchema>;

/** An answer to a transfer. `body` is the text of an error, or what the server says of an upload. */
const transferAnswer = { status: z.int().min(100).max(599), body: z.string().max(65_536) };
/** For every pause in which no byte moves: a file may take hours. */
const pauseSchema = millisSchema.max(600_000);

/**
 * The worker's only way out, served by main. A reply with a status is the server's final word (main has already waited out 429 and, where `retry` allows,
 * repeated on 5xx); `offline`, `timeout`, `rate-limited`, `server-error`, `too-large`, `token-expired` and `cancelled` are main's own outcomes.
 * Cancelling the call aborts the request.
 *
 * Files lie in a spool between the two, as main has the network and the disk, and the worker the keys: what is in it is ciphertext, except for a file of an
 * unencrypted room on its way to or from the server.
 */
export const networkContract = {
  http: call("public", httpRequestSchema, httpResponseSchema),

  /** `offset` is where the file ends now, and 0 makes it; anything else is refused. With `durable` it is on disk when this answers. */
  spoolAppend: call(
    "public",
    z.strictObject({ spoolId: spoolIdSchema, offset: countSchema, bytes: pieceSchema, durable: z.boolean() }),
    nothing,
  ),
  /** Shorter than `length` at the end of the file. */
  spoolRead: call(
    "public",
    z.strictObject({ spoolId: spoolIdSchema, offset: countSchema, length: z.int().min(1).max(MEDIA_PIECE_BYTES) }),
    z.strictObject({ bytes: pieceSchema }),
  ),
  spoolRemove: call("public", z.strictObject({ spoolIds: z.array(spoolIdSchema).max(1000) }), nothing),
  spoolList: call("public", nothing, z.strictObject({ spoolIds: z.array(spoolIdSchema).max(100_000) })),
  /** POST of a whole file. */
  upload: call(
    "public",
    z.strictObject({ spoolId: spoolIdSchema, path: pathSchema, contentType: z.string().max(255), timeoutMs: pauseSchema }),
    z.strictObject(transferAnswer),
  ),
  /** GET into a file, which is made anew. Where the status is not 2xx there is none. */
  download: call(
    "public",
    z.strictObject({ spoolId: spoolIdSchema, path: pathSchema, maxBytes: countSchema, timeoutMs: pauseSchema }),
    z.strictObject({ ...transferAnswer, size: countSchema }),
  ),
  /** How far an upload or a download is; several times a second at most. */
  transferred: event("public", z.strictObject({ spoolId: spoolIdSchema, done: countSchema, total: countSchema.nullable() })),
} as const;
export type NetworkContract = typeof networkContract;

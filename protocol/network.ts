import { z } from "zod";
import { call } from "./define.ts";
import { bytesSchema, idSchema, millisSchema } from "./messages/text.ts";

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
    "room",
    "account",
    "media",
  ]),
  method: z.enum(["GET", "POST", "PUT", "DELETE"]),
  path: z
    .string()
    .max(8192)
    .regex(/^\/_matrix\//),
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

/**
 * The worker's only way out, served by main. A reply with a status is the server's final word (main has already waited out 429 and, where `retry` allows,
 * repeated on 5xx); `offline`, `timeout`, `rate-limited`, `server-error`, `too-large`, `token-expired` and `cancelled` are main's own outcomes.
 * Cancelling the call aborts the request.
 */
export const networkContract = {
  http: call("public", httpRequestSchema, httpResponseSchema),
} as const;
export type NetworkContract = typeof networkContract;

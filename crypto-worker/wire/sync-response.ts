import type { JsonLimits } from "./json.ts";

/** An initial sync of a large account is some tens of megabytes. */
export const SYNC_JSON_LIMITS: JsonLimits = { maxBytes: 256 * 1024 * 1024, maxDepth: 128 };

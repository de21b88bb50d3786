import { encodeBase64Url } from "../../primitives/base64.ts";
import type { Env } from "../env.ts";

/** Names one outgoing request; for to-device requests it is the transaction id too, so that sending again is idempotent. */
export function newRequestId(env: Env): string {
  return encodeBase64Url(env.randomBytes(16));
}

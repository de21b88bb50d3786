import type { JsonObject } from "../../wire/json.ts";
import { isVerificationType } from "../verification/message.ts";

const ALWAYS_PROCESSED: ReadonlySet<string> = new Set(["m.room_key", "m.room_key_request", "m.secret.request", "m.room_key.withheld"]);
const SECRET_FIELDS: ReadonlyMap<string, string> = new Map([
  ["m.room_key", "session_key"],
  ["m.forwarded_room_key", "session_key"],
  ["m.secret.send", "secret"],
  ["m.room_key_bundle", "file"],
  ["io.element.msc4268.room_key_bundle", "file"],
]);

/** What must work between devices that are not verified yet, and therefore passes every trust requirement. */
export function isAlwaysProcessed(type: string): boolean {
  return ALWAYS_PROCESSED.has(type) || isVerificationType(type);
}

/** The content as the application may see it. */
export function withoutSecrets(type: string, content: JsonObject): JsonObject {
  const secret = SECRET_FIELDS.get(type);
  if (secret === undefined || !Object.hasOwn(content, secret)) return content;
  const { [secret]: _secret, ...rest } = content;
  return rest;
}

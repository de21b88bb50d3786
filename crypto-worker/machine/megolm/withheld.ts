import { parseRoomId, parseSessionId, type RoomId, type SessionId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { isJsonObject, stringField, type JsonObject } from "../../wire/json.ts";

/** E2EE §Reporting that decryption keys are withheld. Others may send codes that are not here; those are kept as they are. */
export type WithheldCode = "m.blacklisted" | "m.unverified" | "m.unauthorised" | "m.unavailable" | "m.no_olm" | "m.history_not_shared";

export const WITHHELD_EVENT_TYPE = "m.room_key.withheld";

const REASONS: Readonly<Record<WithheldCode, string>> = {
  "m.blacklisted": "The sender has blocked you.",
  "m.unverified": "The sender has disabled encrypting to unverified devices.",
  "m.unauthorised": "You are not authorised to read the message.",
  "m.unavailable": "The requested key was not found.",
  "m.no_olm": "Unable to establish a secure channel.",
  "m.history_not_shared": "The sender disabled sharing encrypted history.",
};

const ALIASES: ReadonlyMap<string, string> = new Map([["io.element.msc4268.history_not_shared", "m.history_not_shared"]]);
const MAX_CODE_LENGTH = 100;

export type WithheldContent =
  { readonly kind: "no-olm" } | { readonly kind: "session"; readonly roomId: RoomId; readonly sessionId: SessionId; readonly code: string };

/** `m.no_olm` is about a whole device and names neither room nor session. */
export function encodeWithheld(
  code: WithheldCode,
  session: { readonly roomId: string; readonly sessionId: string },
  senderKey: string,
): JsonObject {
  const common = { algorithm: MEGOLM_ALGORITHM, code, reason: REASONS[code], sender_key: senderKey };
  return code === "m.no_olm" ? common : { ...common, room_id: session.roomId, session_id: session.sessionId };
}

export function parseWithheld(
  content: unknown,
): Result<WithheldContent, "not-an-object" | "unsupported-algorithm" | "invalid-code" | "invalid-id"> {
  if (!isJsonObject(content)) return err("not-an-object");
  if (stringField(content, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  const code = stringField(content, "code");
  if (code === undefined || code.length === 0 || code.length > MAX_CODE_LENGTH || !code.isWellFormed()) return err("invalid-code");
  if (code === "m.no_olm") return ok({ kind: "no-olm" });
  const roomId = parseRoomId(stringField(content, "room_id"));
  const sessionId = parseSessionId(stringField(content, "session_id"));
  if (!roomId.ok || !sessionId.ok) return err("invalid-id");
  return ok({ kind: "session", roomId: roomId.value, sessionId: sessionId.value, code: ALIASES.get(code) ?? code });
}

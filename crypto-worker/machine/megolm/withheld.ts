import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { NoticeBounds } from "../../store/tables/withheld-sessions.ts";
import type { JsonObject } from "../../wire/json.ts";

/** E2EE §Reporting that decryption keys are withheld. Others may send codes that are not here; those are kept as they are. */
export type WithheldCode = "m.blacklisted" | "m.unverified" | "m.unauthorised" | "m.unavailable" | "m.no_olm" | "m.history_not_shared";

export const WITHHELD_EVENT_TYPE = "m.room_key.withheld";

/**
 * SECURITY: anybody can write notices, of sessions that there are none of, and we keep them. What is lost is no more than an explanation. A room's bundle may
 * hold thousands.
 */
export const NOTICE_BOUNDS: NoticeBounds = { ofSenderInRoom: 10_000, inTotal: 100_000 };

const REASONS: Readonly<Record<WithheldCode, string>> = {
  "m.blacklisted": "The sender has blocked you.",
  "m.unverified": "The sender has disabled encrypting to unverified devices.",
  "m.unauthorised": "You are not authorised to read the message.",
  "m.unavailable": "The requested key was not found.",
  "m.no_olm": "Unable to establish a secure channel.",
  "m.history_not_shared": "The sender disabled sharing encrypted history.",
};

/** `m.no_olm` is about a whole device and names neither room nor session. */
export function encodeWithheld(
  code: WithheldCode,
  session: { readonly roomId: string; readonly sessionId: string },
  senderKey: string,
): JsonObject {
  const common = { algorithm: MEGOLM_ALGORITHM, code, reason: REASONS[code], sender_key: senderKey };
  return code === "m.no_olm" ? common : { ...common, room_id: session.roomId, session_id: session.sessionId };
}

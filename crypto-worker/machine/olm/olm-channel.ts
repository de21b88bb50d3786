import type { Curve25519PublicKey } from "../../../protocol/ids.ts";
import type { Result } from "../../../protocol/result.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { Device } from "../devices/device.ts";

/** An event's type and content with everything around it that is the same for each recipient, encoded once. */
export type OlmPayload = { readonly head: string };

/** Encrypts to single devices over Olm. Every call moves a ratchet and writes it within the caller's transaction. */
export interface OlmChannel {
  hasSession(curve25519: Curve25519PublicKey): boolean;
  /** Encodes the part that all recipients share; pass the result to `encrypt` for each of them. */
  payload(type: string, content: JsonObject): OlmPayload;
  /** The content of an `m.room.encrypted` to-device event for this device, with a fresh `org.matrix.msgid`. */
  encrypt(device: Device, payload: OlmPayload): Result<JsonObject, "no-olm-session">;
  /** The same for many devices; those without a session are missing in the result. */
  encryptAll(devices: readonly Device[], payload: OlmPayload): ReadonlyMap<Device, JsonObject>;
}

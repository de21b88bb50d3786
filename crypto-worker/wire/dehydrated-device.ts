import { parseDeviceId, type DeviceId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { arrayField, isJsonObject, objectField, stringField, type JsonObject } from "./json.ts";

/** The private keys of a dehydrated device, encrypted (MSC3814 `device_data`). */
export type DehydratedDeviceData =
  | { readonly format: "libolm"; readonly pickle: string }
  | { readonly format: "vodozemac"; readonly pickle: string; readonly nonce: string };

export type DehydratedDeviceFailure = "malformed" | "unsupported-algorithm";

const LIBOLM = "org.matrix.msc3814.v1.olm";
const VODOZEMAC = "org.matrix.msc3814.v2";
/** libolm's pickle of an account with a hundred keys is a tenth of that. */
const MAX_PICKLE = 128 * 1024;
const MAX_NONCE = 64;
const MAX_TOKEN = 4096;

export const encodeDehydratedDevice = (pickle: string): JsonObject => ({ algorithm: LIBOLM, device_pickle: pickle });

export function parseDehydratedDeviceData(value: unknown): Result<DehydratedDeviceData, DehydratedDeviceFailure> {
  if (!isJsonObject(value)) return err("malformed");
  const algorithm = stringField(value, "algorithm");
  if (algorithm !== LIBOLM && algorithm !== VODOZEMAC) return err(algorithm === undefined ? "malformed" : "unsupported-algorithm");
  const pickle = stringField(value, "device_pickle");
  if (pickle === undefined || pickle.length > MAX_PICKLE) return err("malformed");
  if (algorithm === LIBOLM) return ok({ format: "libolm", pickle });
  const nonce = stringField(value, "nonce");
  return nonce === undefined || nonce.length > MAX_NONCE ? err("malformed") : ok({ format: "vodozemac", pickle, nonce });
}

/** The body of `GET …/dehydrated_device`; its data is parsed by whoever opens it. */
export function parseDehydratedDeviceResponse(body: JsonObject): Result<{ deviceId: DeviceId; deviceData: JsonObject }, "malformed"> {
  const deviceId = parseDeviceId(stringField(body, "device_id"));
  const deviceData = objectField(body, "device_data");
  return deviceId.ok && deviceData !== undefined ? ok({ deviceId: deviceId.value, deviceData }) : err("malformed");
}

/** A page of `…/dehydrated_device/{id}/events`. There is nothing after a page that is empty or has no `next_batch`. */
export function parseDehydratedEvents(
  body: JsonObject,
): Result<{ events: readonly unknown[]; nextBatch: string | undefined }, "malformed"> {
  const events = arrayField(body, "events");
  const nextBatch = stringField(body, "next_batch");
  if (events === undefined || (nextBatch?.length ?? 0) > MAX_TOKEN) return err("malformed");
  return ok({ events, nextBatch });
}

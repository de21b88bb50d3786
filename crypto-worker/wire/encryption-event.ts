import { err, ok, type Result } from "../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "./algorithms.ts";
import { integerField, isJsonObject, stringField } from "./json.ts";

/** The content of `m.room.encryption`. Numbers are as sent; the machine clamps them. */
export type EncryptionSettings = {
  readonly algorithm: typeof MEGOLM_ALGORITHM;
  readonly rotationPeriodMs: number | undefined;
  readonly rotationPeriodMsgs: number | undefined;
};

/** `unsupported-algorithm` still means that the room is encrypted: it must never be treated as clear. */
export function parseEncryptionContent(content: unknown): Result<EncryptionSettings, "not-an-object" | "unsupported-algorithm"> {
  if (!isJsonObject(content)) return err("not-an-object");
  if (stringField(content, "algorithm") !== MEGOLM_ALGORITHM) return err("unsupported-algorithm");
  return ok({
    algorithm: MEGOLM_ALGORITHM,
    rotationPeriodMs: positive(integerField(content, "rotation_period_ms")),
    rotationPeriodMsgs: positive(integerField(content, "rotation_period_msgs")),
  });
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}

import { booleanField, type JsonObject } from "../../wire/json.ts";

/** Account data by which a user says whether any device of theirs may back keys up (E2EE §Key backup enabled preference, MSC4287). */
export const PREFERENCE = "m.key_backup";
/** What Element wrote before there was one. */
export const LEGACY_PREFERENCE = "m.org.matrix.custom.backup_disabled";

/** Whether the user has said no. */
export function isBackupRefused(load: (type: string) => JsonObject | undefined): boolean {
  const enabled = booleanField(load(PREFERENCE) ?? {}, "enabled");
  return enabled === undefined ? booleanField(load(LEGACY_PREFERENCE) ?? {}, "disabled") === true : !enabled;
}

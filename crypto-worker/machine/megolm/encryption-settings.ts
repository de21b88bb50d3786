import type { HistoryVisibility } from "../../wire/history-visibility.ts";

export type SharingStrategy = "allDevices" | "errorOnVerifiedUserProblem" | "identityBased" | "onlyTrustedDevices";

/** How a room's keys are made and who gets them. */
export type EncryptionSettings = {
  readonly rotationPeriodMs: number;
  readonly rotationPeriodMsgs: number;
  readonly historyVisibility: HistoryVisibility;
  readonly sharingStrategy: SharingStrategy;
};

export const DEFAULT_ENCRYPTION_SETTINGS: EncryptionSettings = {
  rotationPeriodMs: 604_800_000,
  rotationPeriodMsgs: 100,
  historyVisibility: "shared",
  sharingStrategy: "allDevices",
};

const MIN_ROTATION_PERIOD_MS = 3_600_000;
const MIN_ROTATION_PERIOD_MSGS = 1;
const MAX_ROTATION_PERIOD_MSGS = 10_000;

/**
 * Fills what is missing and pulls both periods into a sane range: a room's settings come from its admins, who must be able neither to make us
 * share a new key for every message of a second, nor to make one key last for ever.
 */
export function clampEncryptionSettings(settings: Partial<EncryptionSettings>, defaults = DEFAULT_ENCRYPTION_SETTINGS): EncryptionSettings {
  const { rotationPeriodMs, rotationPeriodMsgs, historyVisibility, sharingStrategy } = settings;
  return {
    rotationPeriodMs: Math.max(MIN_ROTATION_PERIOD_MS, finite(rotationPeriodMs, defaults.rotationPeriodMs)),
    rotationPeriodMsgs: Math.min(
      MAX_ROTATION_PERIOD_MSGS,
      Math.max(MIN_ROTATION_PERIOD_MSGS, finite(rotationPeriodMsgs, defaults.rotationPeriodMsgs)),
    ),
    historyVisibility: historyVisibility ?? defaults.historyVisibility,
    sharingStrategy: sharingStrategy ?? defaults.sharingStrategy,
  };
}

function finite(value: number | undefined, fallback: number): number {
  return value === undefined || !Number.isFinite(value) ? fallback : Math.trunc(Math.min(value, Number.MAX_SAFE_INTEGER));
}

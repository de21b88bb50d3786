import type { HistoryVisibility } from "../../wire/history-visibility.ts";
import type { EncryptionSettings } from "./encryption-settings.ts";

export type RotationReason =
  "too-many-messages" | "too-old" | "clock-went-back" | "history-visibility-changed" | "user-left" | "device-excluded";

/** What of an outbound session decides how long it lives. */
export type SessionAge = {
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The index of the next message: how many may have been sent. */
  readonly messageIndex: number;
  readonly rotationPeriodMs: number;
  readonly rotationPeriodMsgs: number;
};

/** Whether a session may encrypt no further message, whoever is in the room. A clock that went backwards cannot tell an age, so it ends the session. */
export function decideExpiry(session: SessionAge, now: number): RotationReason | undefined {
  if (session.messageIndex >= session.rotationPeriodMsgs) return "too-many-messages";
  const age = now - session.createdAt;
  if (age < 0) return "clock-went-back";
  return age >= session.rotationPeriodMs ? "too-old" : undefined;
}

/** Who holds, or is about to be sent, a session's key: user id → device ids. Devices that were only told that they get no key are not in it. */
export type Holders = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/**
 * Whether the next message needs a new session (E2EE §m.megolm.v1): expired, made under another history visibility, or known to a user or a device
 * that is not among `allowed` any more. Users and devices that are new never cause it.
 */
export function decideRotation(
  session: SessionAge & { readonly historyVisibility: HistoryVisibility },
  settings: Pick<EncryptionSettings, "historyVisibility">,
  holders: Holders,
  allowed: ReadonlyMap<string, ReadonlySet<string>>,
  now: number,
): RotationReason | undefined {
  const expiry = decideExpiry(session, now);
  if (expiry !== undefined) return expiry;
  if (session.historyVisibility !== settings.historyVisibility) return "history-visibility-changed";
  for (const [userId, devices] of holders) {
    const allowedDevices = allowed.get(userId);
    if (allowedDevices === undefined) return "user-left";
    for (const deviceId of devices.keys()) if (!allowedDevices.has(deviceId)) return "device-excluded";
  }
  return undefined;
}

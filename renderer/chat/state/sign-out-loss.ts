import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";

export type Loss = {
  /** Something would be gone for good. */
  readonly grave: boolean;
  /** Room keys that are nowhere else, as far as is known. */
  readonly keys: number;
  readonly identity: boolean;
  readonly unsent: number;
  /** Whether setting up recovery first would help, and can be done from here. */
  readonly offerRecovery: boolean;
  /** Nothing would be gone, but only the recovery key would bring it back: no other device could. */
  readonly needsRecoveryKey: boolean;
};

/** What signing out here would cost, and whether recovery could save it first. `ended`: the server takes nothing from this device any more. */
export function decideLoss(risk: ResultOf<ChatContract["signOutRisk"]>, safety: Safety | null, ended: boolean): Loss {
  const keys = Math.min(risk.notBackedUp, risk.roomKeys);
  const grave = keys > 0 || risk.losesIdentity;
  const ready = safety !== null && safety.identity !== "unknown" && (safety.identity === "none" || safety.thisDeviceVerified);
  return {
    grave,
    keys,
    identity: risk.losesIdentity,
    unsent: risk.unsent,
    offerRecovery: grave && !ended && ready && safety.recovery.state !== "enabled",
    needsRecoveryKey: !grave && risk.roomKeys > 0 && safety?.otherVerifiedDevices === 0,
  };
}

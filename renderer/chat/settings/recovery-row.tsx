import { LifeBuoy } from "lucide-react";
import type { ReactNode } from "react";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { SettingRow, type RowTone } from "./setting-row.tsx";

type State = Safety["recovery"]["state"];
const TONES: Readonly<Record<State, RowTone>> = { unknown: "plain", disabled: "warn", enabled: "good", incomplete: "warn" };

/** Whether everything would come back if all devices were lost. */
export function RecoveryRow({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  const { state, hasPassphrase, missing } = safety.recovery;
  // What only this device lacks comes with the recovery key; what the server lacks has to be put there anew.
  const onlyHere = missing.length > 0 && missing.every((part) => part === "backup-key-here" || part === "private-keys-here");
  const ready = safety.identity === "present" && safety.thisDeviceVerified;
  return (
    <SettingRow
      icon={LifeBuoy}
      title={say("security.recovery")}
      state={say(`security.recovery.${state}`)}
      tone={TONES[state]}
      text={say(
        state === "incomplete"
          ? onlyHere
            ? "security.recovery.missingHere"
            : "security.recovery.missingThere"
          : state === "enabled"
            ? hasPassphrase
              ? "security.recovery.withPassphrase"
              : "security.recovery.withKey"
            : `security.recovery.${state}Text`,
      )}
      {...(state === "unknown" || (state === "disabled" && !ready)
        ? {}
        : {
            action: (
              <VaultButton intent={{ kind: "recovery" }}>
                {say(
                  state === "disabled"
                    ? "security.setUp"
                    : state === "enabled"
                      ? "security.change"
                      : onlyHere
                        ? "security.recovery.enter"
                        : "security.recovery.complete",
                )}
              </VaultButton>
            ),
          })}
    />
  );
}

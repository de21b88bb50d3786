import { KeyRound, MonitorSmartphone, RotateCcwKey, ShieldAlert, ShieldQuestionMark } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { Step } from "../parts/step.tsx";
import { EnterRecovery } from "../recovery/enter-recovery.tsx";
import { useVault } from "../state/vault.ts";
import { StartError, useStart } from "./start.tsx";

/** Has this device vouched for: by another one, or by the recovery key; where there is neither, what is left. */
export function VerifyThisDevice(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const start = useStart({ kind: "own-devices" });
  const [entering, setEntering] = useState(false);
  if (safety === null)
    return (
      <Delayed>
        <p role="status">{say("vault.home.loading")}</p>
      </Delayed>
    );
  // What was begun here is finished here: it ends with this device being verified.
  if (entering) return <EnterRecovery onBack={() => setEntering(false)} />;
  if (safety.identity === "none")
    return (
      <Step
        key="none"
        title={say("identity.setUp.title")}
        lead={say("identity.setUp.text")}
        icon={ShieldQuestionMark}
        actions={
          <Button look="primary" onPress={() => vault.go({ kind: "set-up-identity" })}>
            {say("vault.continue")}
          </Button>
        }
      />
    );
  if (safety.thisDeviceVerified) return <Outcome title={say("verifyThis.already")} text={say("verifyThis.alreadyText")} />;
  const { recovery, otherVerifiedDevices: others } = safety;
  const recoverable = recovery.state === "enabled" || recovery.state === "incomplete";
  const reset = (): void => vault.go({ kind: "reset-identity" });
  if (others === 0 && recovery.state === "disabled")
    return (
      <Step key="neither" title={say("verifyThis.neither")} lead={say("verifyThis.neitherText")} icon={ShieldAlert} tone="warn">
        <Choices label={say("verifyThis.title")}>
          <Way icon={RotateCcwKey} look="danger" title={say("vault.entry.reset")} text={say("verifyThis.lostText")} onPress={reset} />
        </Choices>
      </Step>
    );
  return (
    <Step key="ways" title={say("verifyThis.title")} lead={say("verifyThis.text")} icon={ShieldQuestionMark}>
      <Choices label={say("verifyThis.title")}>
        {others > 0 && (
          <Way
            icon={MonitorSmartphone}
            look="primary"
            title={say("verifyThis.device")}
            text={start.busy ? say("verify.asking") : say("verifyThis.deviceText", { count: others })}
            disabled={start.busy}
            onPress={start.go}
          />
        )}
        {recoverable && (
          <Way
            icon={KeyRound}
            look="primary"
            title={say("verifyThis.recovery")}
            text={say(recovery.hasPassphrase ? "verifyThis.recoveryTextBoth" : "verifyThis.recoveryText")}
            onPress={() => setEntering(true)}
          />
        )}
      </Choices>
      <StartError code={start.error} />
      <Choices label={say("verifyThis.lost")}>
        <Way icon={RotateCcwKey} title={say("verifyThis.lost")} text={say("verifyThis.lostText")} onPress={reset} />
      </Choices>
    </Step>
  );
}

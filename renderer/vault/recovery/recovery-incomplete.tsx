import { CircleOff, KeyRound, LifeBuoy, RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { Step } from "../parts/step.tsx";
import type { RecoveryTask } from "./recovery-screen.tsx";
import "./recovery.css";

type IncompleteProps = { readonly safety: Safety; readonly onTask: (task: RecoveryTask) => void };

/** Recovery is on, but something is missing: what, and how it comes right. */
export function RecoveryIncomplete({ safety: { recovery, privateKeys }, onTask }: IncompleteProps): ReactNode {
  const say = useSay();
  const allHere = privateKeys.master && privateKeys.selfSigning && privateKeys.userSigning;
  return (
    <Step key="incomplete" title={say("recovery.incomplete.title")} lead={say("recovery.incomplete.text")} icon={LifeBuoy} tone="warn">
      {recovery.missing.length > 0 && (
        <section className="missing" aria-label={say("recovery.incomplete.missing")}>
          <h2>{say("recovery.incomplete.missing")}</h2>
          <ul>
            {recovery.missing.map((what) => (
              <li key={what}>{say(`recovery.missing.${what}`)}</li>
            ))}
          </ul>
        </section>
      )}
      <Choices label={say("recovery.incomplete.title")}>
        <Way
          icon={KeyRound}
          look="primary"
          title={say("recovery.incomplete.complete")}
          text={say(recovery.hasPassphrase ? "verifyThis.recoveryTextBoth" : "verifyThis.recoveryText")}
          onPress={() => onTask("enter")}
        />
        {allHere && (
          <Way
            icon={RefreshCw}
            title={say("recovery.incomplete.anew")}
            text={say("recovery.incomplete.anewText")}
            onPress={() => onTask("change")}
          />
        )}
        <Way
          icon={CircleOff}
          look="danger"
          title={say("recovery.on.off")}
          text={say("recovery.on.offText")}
          onPress={() => onTask("turn-off")}
        />
      </Choices>
    </Step>
  );
}

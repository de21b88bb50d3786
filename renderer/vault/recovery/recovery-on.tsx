import { CircleOff, CloudDownload, Inbox, KeyRound, LifeBuoy } from "lucide-react";
import type { ReactNode } from "react";
import { useIntl } from "react-intl";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { Button } from "../../ui/button.tsx";
import { Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { backedUp } from "../home/trust-facts.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { Facts } from "../parts/facts.tsx";
import { Step } from "../parts/step.tsx";
import { useVault } from "../state/vault.ts";
import type { RecoveryTask } from "./recovery-screen.tsx";

type OnProps = { readonly safety: Safety; readonly onTask: (task: RecoveryTask) => void };

/** Recovery is on: how it stands, and what can be changed. */
export function RecoveryOn({ safety: { recovery, backup, dehydration, thisDeviceVerified }, onTask }: OnProps): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const vault = useVault();
  return (
    <Step key="on" title={say("recovery.on.title")} lead={say("recovery.on.text")} icon={LifeBuoy} tone="good">
      {!thisDeviceVerified && (
        <Note
          tone="warn"
          actions={
            <Button size="small" onPress={() => vault.go({ kind: "verify-this-device" })}>
              {say("verifyThis.title")}
            </Button>
          }
        >
          {say("verifyThis.text")}
        </Note>
      )}
      {backup.state === "untrusted" && (
        <Note tone="warn" title={say("recovery.on.foreign")}>
          {say("recovery.on.foreignText")}
        </Note>
      )}
      <Facts
        label={say("vault.facts.label")}
        facts={[
          {
            name: say("recovery.on.opens"),
            value: say(recovery.hasPassphrase ? "recovery.on.opensBoth" : "recovery.on.opensKey"),
            standing: "good",
          },
          ...(backup.state === "enabled"
            ? [{ name: say("recovery.on.keys"), value: backedUp(backup, say, intl), standing: "good" as const }]
            : []),
        ]}
      />
      <Choices label={say("recovery.on.title")}>
        {(dehydration.state === "locked" || dehydration.state === "off") && (
          <Way
            icon={Inbox}
            title={say("recovery.on.enter")}
            text={say(dehydration.state === "locked" ? "recovery.on.enterText" : "recovery.on.enterOffText")}
            onPress={() => onTask("enter")}
          />
        )}
        {backup.state !== "untrusted" && (
          <Way
            icon={CloudDownload}
            title={say("recovery.on.restore")}
            text={say("recovery.on.restoreText")}
            onPress={() => onTask("restore")}
          />
        )}
        <Way icon={KeyRound} title={say("recovery.on.change")} text={say("recovery.on.changeText")} onPress={() => onTask("change")} />
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

import { LifeBuoy } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Choice } from "../../ui/choice.tsx";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { AuthStep, useInteractive } from "../parts/interactive.tsx";
import { NewPassphrase, useNewPassphrase } from "../parts/new-passphrase.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useVault } from "../state/vault.ts";
import { KeepKey } from "./keep-key.tsx";

/** Makes recovery: what opens it, a proof for the server, the key, and a check that it was kept. */
export function SetUpRecovery({ onBegin }: { readonly onBegin: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const [both, setBoth] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const chosen = useNewPassphrase();
  const passphrase = both ? chosen.passphrase : null;
  const act = useInteractive(
    (auth) => vault.link.call("enableRecovery", { passphrase, auth }),
    ({ recoveryKey }: { readonly state: "done"; readonly recoveryKey: string }) => {
      chosen.clear();
      setKey(recoveryKey);
    },
  );
  const begin = (): void => {
    onBegin();
    act.begin();
  };
  if (key !== null) return <KeepKey recoveryKey={key} done={{ title: say("recovery.ready.title"), text: say("recovery.ready.text") }} />;
  if (act.needed !== null) return <AuthStep act={act} needed={act.needed} />;
  if (act.busy)
    return <Working key="working" title={say("recovery.working")} text={say("recovery.workingText")} job="backup-upload" back={null} />;
  const unverified = safety?.identity === "present" && !safety.thisDeviceVerified;
  return (
    <Step
      key="choose"
      title={say("recovery.off.title")}
      lead={say("recovery.off.text")}
      icon={LifeBuoy}
      onSubmit={begin}
      actions={
        unverified ? (
          <Button look="primary" onPress={() => vault.go({ kind: "verify-this-device" })}>
            {say("verifyThis.title")}
          </Button>
        ) : (
          <ArmedButton look="primary" type="submit" isDisabled={both && !chosen.ready}>
            {say("recovery.start")}
          </ArmedButton>
        )
      }
    >
      {!both && <p>{say("recovery.off.does")}</p>}
      {unverified ? <Note tone="warn">{say("recovery.off.needsDevice")}</Note> : <HowItOpens both={both} onChange={setBoth} />}
      {both && !unverified && <NewPassphrase state={chosen} label={say("recovery.enter.passphrase")} />}
      {act.error !== null && <ErrorNote code={act.error} />}
    </Step>
  );
}

type HowProps = { readonly both: boolean; readonly onChange: (both: boolean) => void };

/** Whether a passphrase opens it as well. */
export function HowItOpens({ both, onChange }: HowProps): ReactNode {
  const say = useSay();
  return (
    <Choice
      label={say("recovery.how")}
      value={both ? "both" : "key"}
      onChange={(value) => onChange(value === "both")}
      options={[
        { value: "key", title: say("recovery.how.key"), hint: say("recovery.how.keyHint") },
        { value: "both", title: say("recovery.how.both"), hint: say("recovery.how.bothHint") },
      ]}
    />
  );
}

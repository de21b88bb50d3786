import { KeyRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { NewPassphrase, useNewPassphrase } from "../parts/new-passphrase.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useAct } from "../state/use-act.ts";
import { useStay } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";
import { KeepKey } from "./keep-key.tsx";
import { HowItOpens } from "./set-up-recovery.tsx";

/** A new recovery key for the same secrets. */
export function ChangeRecovery({ onBack }: { readonly onBack: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [both, setBoth] = useState(false);
  const [key, setKey] = useState<string | null>(null);
  const chosen = useNewPassphrase();
  const { busy, error, run } = useAct();
  useStay(busy);
  const change = async (): Promise<void> => {
    const made = await run(() => vault.link.call("changeRecovery", { passphrase: both ? chosen.passphrase : null }));
    if (made === undefined) return;
    chosen.clear();
    setKey(made.recoveryKey);
  };
  if (key !== null)
    return <KeepKey recoveryKey={key} done={{ title: say("recovery.ready.changed"), text: say("recovery.ready.changedText") }} />;
  if (busy) return <Working key="working" title={say("recovery.change.working")} back={null} />;
  return (
    <Step
      key="choose"
      title={say("recovery.change.title")}
      lead={say("recovery.change.text")}
      icon={KeyRound}
      back={{ label: say("vault.goBack"), go: onBack }}
      onSubmit={() => void change()}
      actions={
        <ArmedButton look="primary" type="submit" isDisabled={both && !chosen.ready}>
          {say("recovery.change.submit")}
        </ArmedButton>
      }
    >
      <HowItOpens both={both} onChange={setBoth} />
      {both && <NewPassphrase state={chosen} label={say("recovery.enter.passphrase")} />}
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

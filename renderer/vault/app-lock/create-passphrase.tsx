import type { ReactNode } from "react";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { CloseVault } from "../parts/close-vault.tsx";
import { ForgetNote } from "../parts/forget-note.tsx";
import { NewPassphrase, useNewPassphrase } from "../parts/new-passphrase.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { GiveUp } from "./give-up.tsx";

/** Chooses the passphrase that locks the store. `first`: there is no store yet, and so no seal. */
export function CreatePassphrase({ first, onDone }: { readonly first: boolean; readonly onDone: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const chosen = useNewPassphrase();
  const { busy, error, run } = useAct();
  const submit = async (): Promise<void> => {
    if (!chosen.ready || busy) return;
    const done = await run(() => vault.link.call("createPassphrase", { passphrase: chosen.passphrase }));
    if (done === undefined) return;
    chosen.clear();
    onDone();
  };
  return (
    <Step
      title={say("vault.create.title")}
      lead={first ? `${say("vault.create.text")} ${say("vault.create.sealText")}` : say("vault.create.text")}
      back={null}
      {...(first ? { aside: <CloseVault /> } : {})}
      focus="field"
      onSubmit={() => void submit()}
      actions={
        <>
          <GiveUp />
          <ArmedButton look="primary" type="submit" isDisabled={!chosen.ready || busy}>
            {say(busy ? "vault.create.working" : "vault.create.submit")}
          </ArmedButton>
        </>
      }
    >
      <NewPassphrase state={chosen} autoFocus />
      <ForgetNote>{say("vault.create.warning")}</ForgetNote>
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

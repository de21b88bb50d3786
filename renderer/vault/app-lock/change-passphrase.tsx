import { useState, type ReactNode } from "react";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { SecretField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { ForgetNote } from "../parts/forget-note.tsx";
import { NewPassphrase, useNewPassphrase } from "../parts/new-passphrase.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { GiveUp } from "./give-up.tsx";

type ChangeProps = { readonly next: boolean; readonly failures: number };

/** Takes the present passphrase, and another one where one is wanted. */
export function ChangePassphrase({ next, failures }: ChangeProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [current, setCurrent] = useState("");
  const chosen = useNewPassphrase();
  const { busy, error, run } = useAct();
  const wrong = error === "wrong-passphrase";
  const ready = current !== "" && (!next || chosen.ready) && !busy;
  const submit = async (): Promise<void> => {
    if (!ready) return;
    const done = await run(() => vault.link.call("changePassphrase", { current, next: next ? chosen.passphrase : null }));
    setCurrent("");
    if (done !== undefined) chosen.clear();
  };
  return (
    <Step
      key={next ? "change" : "remove"}
      title={say(next ? "lockForm.change.title" : "lockForm.remove.title")}
      lead={say(next ? "lockForm.change.text" : "lockForm.remove.text")}
      back={null}
      focus="field"
      onSubmit={() => void submit()}
      actions={
        <>
          <GiveUp />
          <ArmedButton look="primary" type="submit" isDisabled={!ready}>
            {say(
              next
                ? busy
                  ? "lockForm.change.working"
                  : "lockForm.change.submit"
                : busy
                  ? "lockForm.remove.working"
                  : "lockForm.remove.submit",
            )}
          </ArmedButton>
        </>
      }
    >
      <SecretField
        label={say("lockForm.current")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={current}
        onChange={setCurrent}
        autoComplete="current-password"
        maxLength={1024}
        autoFocus
      />
      {(wrong || (failures > 0 && error === null)) && !busy && (
        <Note tone="danger" live>
          {say("vault.unlock.failures", { count: Math.max(failures, 1) })}
        </Note>
      )}
      {next && <NewPassphrase state={chosen} label={say("lockForm.next")} />}
      {next && <ForgetNote>{say("vault.create.warning")}</ForgetNote>}
      {error !== null && !wrong && <ErrorNote code={error} />}
    </Step>
  );
}

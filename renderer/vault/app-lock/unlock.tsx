import { useState, type ReactNode } from "react";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { SecretField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { CapsLockHint } from "../parts/new-passphrase.tsx";
import { CloseVault } from "../parts/close-vault.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";

type UnlockProps = { readonly failures: number; readonly onDone: () => void };

/** Asks for the passphrase that opens the store. */
export function Unlock({ failures, onDone }: UnlockProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [passphrase, setPassphrase] = useState("");
  const [wrong, setWrong] = useState(0);
  const { busy, error, run } = useAct();
  const refused = error === "wrong-passphrase";
  const count = Math.max(failures, wrong);
  const ready = passphrase !== "" && !busy;

  const submit = async (): Promise<void> => {
    if (!ready) return;
    const before = failures;
    const done = await run(async () => {
      const answer = await vault.link.call("unlock", { passphrase });
      if (!answer.ok && answer.error.code === "wrong-passphrase") setWrong((times) => Math.max(times, before) + 1);
      return answer;
    });
    setPassphrase("");
    if (done !== undefined) onDone();
  };
  return (
    <Step
      title={say("vault.unlock.title")}
      lead={say("vault.unlock.text")}
      back={null}
      aside={<CloseVault />}
      focus="field"
      onSubmit={() => void submit()}
      actions={
        <ArmedButton look="primary" type="submit" isDisabled={!ready}>
          {say(busy ? "vault.unlock.working" : "vault.unlock.submit")}
        </ArmedButton>
      }
    >
      <SecretField
        label={say("vault.unlock.passphrase")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={passphrase}
        onChange={setPassphrase}
        autoComplete="current-password"
        maxLength={1024}
        autoFocus
      />
      <CapsLockHint />
      {count > 0 && (error === null || refused) && !busy && (
        <Note tone="danger" live>
          {say("vault.unlock.failures", { count })}
        </Note>
      )}
      {error !== null && !refused && <ErrorNote code={error} />}
      <p className="muted">{say("vault.unlock.forgot")}</p>
      <p className="muted">{say("vault.sealEmpty")}</p>
    </Step>
  );
}

import { useState, type FormEvent, type ReactNode } from "react";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { VaultContract } from "../../protocol/vault.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote, Note } from "../ui/note.tsx";
import { useSay } from "../ui/text.tsx";
import { SecretField } from "../ui/text-field.tsx";
import type { WorkerLink } from "../ui/worker-link.ts";
import { useArmed } from "./use-armed.ts";
import { useCapsLock } from "./use-caps-lock.ts";

type UnlockProps = { readonly link: WorkerLink<VaultContract>; readonly failures: number; readonly onDone: () => void };

/** Asks for the passphrase that opens the store. */
export function Unlock({ link, failures, onDone }: UnlockProps): ReactNode {
  const say = useSay();
  const armed = useArmed();
  const capsLock = useCapsLock();
  const [passphrase, setPassphrase] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const [wrong, setWrong] = useState(0);
  const count = Math.max(failures, wrong);
  const ready = armed && passphrase !== "" && !busy;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError(null);
    const answer = await link.call("unlock", { passphrase });
    setBusy(false);
    setPassphrase("");
    if (answer.ok) return onDone();
    if (answer.error.code === "wrong-passphrase") setWrong((before) => Math.max(before, failures) + 1);
    else setError(answer.error.code);
  };
  return (
    <form className="vault__form" onSubmit={(event) => void submit(event)} noValidate>
      <h1>{say("vault.unlock.title")}</h1>
      <p>{say("vault.unlock.text")}</p>
      <SecretField
        label={say("vault.unlock.passphrase")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={passphrase}
        onChange={setPassphrase}
        autoComplete="current-password"
        maxLength={1024}
        autoFocus
        hint={capsLock ? <span className="field__hint--warn">{say("vault.capsLock")}</span> : undefined}
      />
      {count > 0 && error === null && !busy && (
        <Note tone="danger" live>
          {say("vault.unlock.failures", { count })}
        </Note>
      )}
      {error !== null && <ErrorNote code={error} />}
      {!armed && passphrase !== "" && (
        <p className="field__hint" role="status">
          {say("vault.arming")}
        </p>
      )}
      <Button look="primary" size="wide" type="submit" isDisabled={!ready}>
        {say(busy ? "vault.unlock.working" : "vault.unlock.submit")}
      </Button>
    </form>
  );
}

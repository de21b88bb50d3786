import { TriangleAlert } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { VaultContract } from "../../protocol/vault.ts";
import { Button } from "../ui/button.tsx";
import { ErrorNote } from "../ui/note.tsx";
import { useSay } from "../ui/text.tsx";
import { SecretField } from "../ui/text-field.tsx";
import type { WorkerLink } from "../ui/worker-link.ts";
import { passphraseStrength } from "./strength.ts";
import { useArmed } from "./use-armed.ts";
import { useCapsLock } from "./use-caps-lock.ts";

type CreateProps = { readonly link: WorkerLink<VaultContract>; readonly onDone: () => void };

/** Chooses the passphrase that locks the store, typed twice. */
export function CreatePassphrase({ link, onDone }: CreateProps): ReactNode {
  const say = useSay();
  const armed = useArmed();
  const capsLock = useCapsLock();
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const strength = passphraseStrength(passphrase);
  const ready = armed && strength > 0 && passphrase === again && !busy;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready) return;
    setBusy(true);
    setError(null);
    const answer = await link.call("createPassphrase", { passphrase });
    setBusy(false);
    if (!answer.ok) return setError(answer.error.code);
    setPassphrase("");
    setAgain("");
    onDone();
  };
  return (
    <form className="vault__form" onSubmit={(event) => void submit(event)} noValidate>
      <h1>{say("vault.create.title")}</h1>
      <p>{say("vault.create.text")}</p>
      <SecretField
        label={say("vault.create.passphrase")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={passphrase}
        onChange={setPassphrase}
        autoComplete="new-password"
        maxLength={1024}
        autoFocus
        hint={
          passphrase === "" ? (
            say("vault.create.empty")
          ) : (
            <span className="strength">
              <span className={`strength__bar strength__bar--${strength}`} aria-hidden>
                <span />
                <span />
                <span />
              </span>
              <span>{say(`vault.strength.${strength}`)}</span>
            </span>
          )
        }
      />
      <SecretField
        label={say("vault.create.again")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={again}
        onChange={setAgain}
        autoComplete="new-password"
        maxLength={1024}
        hint={again !== "" && again !== passphrase ? <span className="field__hint--warn">{say("vault.create.differ")}</span> : undefined}
      />
      {capsLock && (
        <p className="field__hint field__hint--warn" role="status">
          {say("vault.capsLock")}
        </p>
      )}
      <p className="vault__warning">
        <TriangleAlert className="icon" size={16} aria-hidden />
        <span>{say("vault.create.warning")}</span>
      </p>
      {error !== null && <ErrorNote code={error} />}
      {!armed && passphrase !== "" && (
        <p className="field__hint" role="status">
          {say("vault.arming")}
        </p>
      )}
      <Button look="primary" size="wide" type="submit" isDisabled={!ready}>
        {say(busy ? "vault.create.working" : "vault.create.submit")}
      </Button>
    </form>
  );
}

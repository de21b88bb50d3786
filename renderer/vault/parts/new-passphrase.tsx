import { useState, type ReactNode } from "react";
import { SecretField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { passphraseStrength, type Strength } from "../strength.ts";
import { useCapsLock } from "../use-caps-lock.ts";
import "./new-passphrase.css";

export type NewPassphraseState = {
  readonly passphrase: string;
  readonly again: string;
  readonly setPassphrase: (text: string) => void;
  readonly setAgain: (text: string) => void;
  /** Long enough, and typed twice alike. */
  readonly ready: boolean;
  readonly clear: () => void;
};

export function useNewPassphrase(): NewPassphraseState {
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const clear = (): void => {
    setPassphrase("");
    setAgain("");
  };
  return { passphrase, again, setPassphrase, setAgain, ready: passphraseStrength(passphrase) > 0 && passphrase === again, clear };
}

type NewPassphraseProps = { readonly state: NewPassphraseState; readonly label?: string; readonly autoFocus?: boolean };

/** The two fields in which a new passphrase is typed, with a hint of how good it is. */
export function NewPassphrase({ state, label, autoFocus }: NewPassphraseProps): ReactNode {
  const say = useSay();
  const { passphrase, again } = state;
  return (
    <>
      <SecretField
        label={label ?? say("vault.create.passphrase")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={passphrase}
        onChange={state.setPassphrase}
        autoComplete="new-password"
        maxLength={1024}
        {...(autoFocus === true ? { autoFocus } : {})}
        hint={passphrase === "" ? say("vault.create.empty") : <StrengthBar strength={passphraseStrength(passphrase)} />}
      />
      <SecretField
        label={say("vault.create.again")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        value={again}
        onChange={state.setAgain}
        autoComplete="new-password"
        maxLength={1024}
        hint={again !== "" && again !== passphrase ? <span className="field__hint--warn">{say("vault.create.differ")}</span> : undefined}
      />
      <CapsLockHint />
    </>
  );
}

export function CapsLockHint(): ReactNode {
  const say = useSay();
  return useCapsLock() ? (
    <p className="field__hint field__hint--warn" role="status">
      {say("vault.capsLock")}
    </p>
  ) : null;
}

function StrengthBar({ strength }: { readonly strength: Strength }): ReactNode {
  const say = useSay();
  return (
    <span className="strength">
      <span className={`strength__bar strength__bar--${strength}`} aria-hidden>
        <span />
        <span />
        <span />
      </span>
      <span>{say(`vault.strength.${strength}`)}</span>
    </span>
  );
}

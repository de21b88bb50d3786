import { FileKey2, KeyRound } from "lucide-react";
import { useState, type ReactNode } from "react";
import { FileTrigger } from "react-aria-components";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { SecretField, TextField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { CapsLockHint } from "../parts/new-passphrase.tsx";
import { JobProgress } from "../parts/job-progress.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useAct } from "../state/use-act.ts";
import { useStay } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";
import { findKey, lookAtKey } from "./recovery-key.ts";

const MAX_FILE_BYTES = 64 * 1024;

/** Takes the recovery key or passphrase, verifies this device with what it opens, and gets older keys back. */
export function EnterRecovery({ onBack }: { readonly onBack: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const jobs = useValue(vault.jobs);
  const [byPassphrase, setByPassphrase] = useState(false);
  const [text, setText] = useState("");
  const [fileEmpty, setFileEmpty] = useState(false);
  const [imported, setImported] = useState<number | null>(null);
  const { busy, error, run, forget } = useAct();
  useStay(busy);
  const hasPassphrase = safety?.recovery.hasPassphrase === true;
  const ready = byPassphrase ? text !== "" : lookAtKey(text).kind === "good";

  const submit = async (): Promise<void> => {
    if (!ready || busy) return;
    const done = await run(() =>
      vault.link.call("recover", byPassphrase ? { passphrase: text } : { recoveryKey: text.replaceAll(/\s/g, "") }),
    );
    if (done === undefined) return;
    setText("");
    setImported(done.importedKeys);
  };
  const switchWay = (): void => {
    setByPassphrase(!byPassphrase);
    setText("");
    setFileEmpty(false);
    forget();
  };
  const takeFile = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const found = file.size > MAX_FILE_BYTES ? undefined : findKey(await file.text());
    setFileEmpty(found === undefined);
    if (found !== undefined) setText(found);
  };

  if (imported !== null) {
    const restoring = jobs.find(({ job }) => job === "backup-restore");
    return (
      <Outcome title={say("recovery.entered.title")} text={say("recovery.entered.text", { count: imported })}>
        {restoring !== undefined && <JobProgress job={restoring} />}
      </Outcome>
    );
  }
  if (busy) return <Working key="working" title={say("recovery.enter.working")} job="backup-restore" back={null} />;
  return (
    <Step
      key={byPassphrase ? "passphrase" : "key"}
      title={say(byPassphrase ? "recovery.enter.titlePassphrase" : "recovery.enter.title")}
      lead={say(safety?.thisDeviceVerified === true ? "recovery.enter.textVerified" : "recovery.enter.text")}
      icon={KeyRound}
      focus="field"
      back={{ label: say("vault.goBack"), go: onBack }}
      onSubmit={() => void submit()}
      actions={
        <ArmedButton look="primary" type="submit" isDisabled={!ready}>
          {say("recovery.enter.submit")}
        </ArmedButton>
      }
    >
      {byPassphrase ? (
        <>
          <SecretField
            label={say("recovery.enter.passphrase")}
            showLabel={say("vault.show")}
            hideLabel={say("vault.hide")}
            hint={say("recovery.enter.passphraseHint")}
            value={text}
            onChange={setText}
            autoComplete="current-password"
            maxLength={1024}
            autoFocus
          />
          <CapsLockHint />
        </>
      ) : (
        <KeyField value={text} onChange={setText} />
      )}
      {fileEmpty && (
        <Note tone="warn" live>
          {say("recovery.enter.fileNone")}
        </Note>
      )}
      {error === "wrong-recovery-key" ? (
        <Note tone="danger" live>
          {say(byPassphrase ? "recovery.enter.wrongPassphrase" : "recovery.enter.wrongKey")}
        </Note>
      ) : (
        error !== null && <ErrorNote code={error} />
      )}
      <div className="key-ways key-ways--quiet">
        {!byPassphrase && (
          <FileTrigger acceptedFileTypes={["text/plain", ".txt"]} onSelect={(files) => void takeFile(files?.[0])}>
            <Button look="quiet" size="small" icon={FileKey2}>
              {say("recovery.enter.file")}
            </Button>
          </FileTrigger>
        )}
        {hasPassphrase && (
          <Button look="quiet" size="small" onPress={switchWay}>
            {say(byPassphrase ? "recovery.enter.useKey" : "recovery.enter.usePassphrase")}
          </Button>
        )}
      </div>
    </Step>
  );
}

type KeyFieldProps = { readonly value: string; readonly onChange: (value: string) => void };

/** The recovery key's field: what is typed is in sight, as 48 characters cannot be typed blindly, and checked as far as can be without opening anything. */
function KeyField({ value, onChange }: KeyFieldProps): ReactNode {
  const say = useSay();
  const look = lookAtKey(value);
  const hint = ((): ReactNode => {
    switch (look.kind) {
      case "empty":
        return say("recovery.enter.keyHint");
      case "bad-character":
        return <span className="field__hint--warn">{say("recovery.enter.badCharacter", { character: look.character })}</span>;
      case "short":
        return say("recovery.enter.count", { count: look.count });
      case "long":
        return <span className="field__hint--warn">{say("recovery.enter.tooLong")}</span>;
      case "typo":
        return <span className="field__hint--warn">{say("recovery.enter.typo")}</span>;
      case "good":
        return <span className="field__hint--good">{say("recovery.enter.good")}</span>;
    }
  })();
  return (
    <div className="key-field">
      <TextField
        label={say("recovery.enter.key")}
        value={value}
        onChange={(text) => onChange(text.replaceAll(/[\r\n]+/g, " "))}
        multiline
        maxLength={255}
        autoComplete="off"
        autoCorrect="off"
        spellCheck="false"
        autoFocus
        hint={hint}
      />
    </div>
  );
}

import { Download, FileKey2, FileUp } from "lucide-react";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { useIntl } from "react-intl";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { SecretField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { DropZone } from "../parts/drop-zone.tsx";
import { CapsLockHint } from "../parts/new-passphrase.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useAct } from "../state/use-act.ts";
import { useHold, useStay } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";
import { piecesOf, problemOf, type KeySource, type SourceProblem } from "./key-file.ts";
import "./key-files.css";

type Result = { readonly count: number; readonly imported: number };

/** Takes a file of keys, or its text, and the passphrase that opens it. */
export function ImportKeys(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [source, setSource] = useState<KeySource | null>(null);
  const [problem, setProblem] = useState<SourceProblem | null>(null);
  const [passphrase, setPassphrase] = useState("");
  const [result, setResult] = useState<Result | null>(null);
  const [reading, setReading] = useState(false);
  const { busy, error, run, forget } = useAct();
  /** The text that is with the worker already: a wrong passphrase does not mean sending it again. */
  const sent = useRef<{ readonly source: KeySource; readonly importId: string } | null>(null);
  // Until the whole text is with the worker, this page is needed.
  useStay(busy && reading);
  useHold(busy);

  const take = useCallback(
    async (next: KeySource): Promise<void> => {
      const found = await problemOf(next);
      forget();
      setProblem(found);
      setSource(found === null ? next : null);
    },
    [forget],
  );
  usePastedText(take, source === null && !busy);

  const submit = async (): Promise<void> => {
    if (source === null || passphrase === "" || busy) return;
    const done = await run(async () => {
      if (sent.current?.source !== source) {
        setReading(true);
        const begun = await vault.link.call("beginImport", {});
        if (!begun.ok) return begun;
        const { importId } = begun.value;
        for await (const piece of piecesOf(source)) {
          const taken = await vault.link.call("appendImport", { importId, piece });
          if (!taken.ok) return taken;
        }
        sent.current = { source, importId };
      }
      setReading(false);
      const answer = await vault.link.call("importKeys", { importId: sent.current.importId, passphrase });
      // Everything but a wrong passphrase ends the import on the other side.
      if (!answer.ok && answer.error.code !== "wrong-passphrase") sent.current = null;
      return answer;
    });
    setPassphrase("");
    if (done !== undefined) setResult(done);
  };

  if (result !== null)
    return (
      <Outcome
        title={say("keys.import.done")}
        text={`${say("keys.import.doneText", { count: result.count })} ${result.count === 0 ? "" : say("keys.import.doneNew", { count: result.imported })}`}
      />
    );
  if (busy && reading) return <Working key="reading" title={say("keys.import.reading")} back={null} />;
  if (busy)
    return (
      <Working
        key="working"
        title={say("keys.import.working")}
        text={say("keys.import.workingText")}
        job="import-keys"
        actions={<Button onPress={() => void vault.link.call("cancelJob", { job: "import-keys" })}>{say("common.cancel")}</Button>}
      />
    );
  return (
    <Step
      key="choose"
      title={say("keys.import.title")}
      lead={say("keys.import.text")}
      icon={Download}
      focus={error === "wrong-passphrase" ? "field" : "heading"}
      onSubmit={() => void submit()}
      actions={
        <ArmedButton look="primary" type="submit" isDisabled={source === null || passphrase === ""}>
          {say("keys.import.submit")}
        </ArmedButton>
      }
    >
      <DropZone
        label={say("keys.import.file")}
        icon={FileUp}
        {...(source === null ? { hint: say("keys.import.drop") } : { chosen: <Chosen source={source} /> })}
        button={say(source === null ? "keys.import.choose" : "keys.import.chooseOther")}
        types={["text/plain", ".txt"]}
        onFile={(file) => void take({ name: file.name, blob: file })}
      />
      {problem !== null && (
        <Note tone="warn" live>
          {say(problem)}
        </Note>
      )}
      <SecretField
        label={say("keys.import.passphrase")}
        showLabel={say("vault.show")}
        hideLabel={say("vault.hide")}
        hint={say("keys.import.passphraseHint")}
        value={passphrase}
        onChange={setPassphrase}
        autoComplete="off"
        maxLength={1024}
        autoFocus={error === "wrong-passphrase"}
      />
      <CapsLockHint />
      {error === "wrong-passphrase" ? (
        <Note tone="danger" live>
          {say("keys.import.wrong")}
        </Note>
      ) : error === "cancelled" ? (
        <Note live>{say("keys.import.stopped")}</Note>
      ) : (
        error !== null && <ErrorNote code={error} />
      )}
    </Step>
  );
}

function Chosen({ source }: { readonly source: KeySource }): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const kilobytes = source.blob.size / 1000;
  const size =
    kilobytes < 1000
      ? intl.formatNumber(Math.max(1, Math.round(kilobytes)), { style: "unit", unit: "kilobyte" })
      : intl.formatNumber(kilobytes / 1000, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });
  return (
    <span className="key-file__chosen" role="status">
      <FileKey2 className="icon" size={18} aria-hidden />
      {say("keys.import.fileSize", { name: source.name ?? say("keys.import.pasted"), size })}
    </span>
  );
}

/** Takes the text of a key file from the clipboard, except where a field takes it. */
function usePastedText(take: (source: KeySource) => Promise<void>, on: boolean): void {
  useEffect(() => {
    if (!on) return undefined;
    const paste = (event: ClipboardEvent): void => {
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
      const file = event.clipboardData?.files[0];
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (file !== undefined) void take({ name: file.name, blob: file });
      else if (text !== "") void take({ name: null, blob: new Blob([text]) });
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [take, on]);
}

import { FileCheck2, FileDown, Upload } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { ForgetNote } from "../parts/forget-note.tsx";
import { NewPassphrase, useNewPassphrase } from "../parts/new-passphrase.tsx";
import { saveFile } from "../parts/save-file.ts";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useAct } from "../state/use-act.ts";
import { useHold, useStay } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";

type Ready = { readonly count: number; readonly pieces: readonly string[] };

/** Writes all keys into a file that a passphrase locks. The file is put together here and saved from here. */
export function ExportKeys(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const chosen = useNewPassphrase();
  const [file, setFile] = useState<Ready | null>(null);
  const { busy, error, run } = useAct();
  useStay(busy);
  useHold(file !== null);

  const prepare = async (): Promise<void> => {
    if (!chosen.ready || busy) return;
    const { passphrase } = chosen;
    const made = await run(async () => {
      const begun = await vault.link.call("exportKeys", { passphrase });
      if (!begun.ok) return begun;
      const { exportId, count } = begun.value;
      const pieces: string[] = [];
      for (;;) {
        const next = await vault.link.call("readExport", { exportId });
        if (!next.ok) return next;
        if (next.value.piece === null) return { ok: true as const, value: { count, pieces } };
        pieces.push(next.value.piece);
      }
    });
    if (made === undefined) return;
    chosen.clear();
    setFile(made);
  };

  if (file !== null) return <FileReady file={file} />;
  if (busy)
    return (
      <Working
        key="working"
        title={say("keys.export.working")}
        text={say("keys.export.workingText")}
        job="export-keys"
        back={null}
        actions={<Button onPress={() => void vault.link.call("cancelJob", { job: "export-keys" })}>{say("common.cancel")}</Button>}
      />
    );
  return (
    <Step
      key="choose"
      title={say("keys.export.title")}
      lead={say("keys.export.text")}
      icon={Upload}
      focus="field"
      onSubmit={() => void prepare()}
      actions={
        <ArmedButton look="primary" type="submit" isDisabled={!chosen.ready}>
          {say("keys.export.submit")}
        </ArmedButton>
      }
    >
      <NewPassphrase state={chosen} autoFocus />
      <ForgetNote>{say("keys.export.warning")}</ForgetNote>
      {error !== null && error !== "cancelled" && <ErrorNote code={error} />}
      <p className="muted">{say("keys.export.instead")}</p>
    </Step>
  );
}

function FileReady({ file: { count, pieces } }: { readonly file: Ready }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [saved, setSaved] = useState(false);
  const save = (): void => {
    saveFile(say("keys.export.file"), pieces);
    setSaved(true);
  };
  return (
    <Step
      key="ready"
      title={say("keys.export.ready")}
      lead={say("keys.export.readyText", { count })}
      icon={FileCheck2}
      tone="good"
      actions={
        saved ? (
          <>
            <Button icon={FileDown} onPress={save}>
              {say("keys.export.saveAgain")}
            </Button>
            <Button look="primary" onPress={() => vault.home()}>
              {say("vault.finished")}
            </Button>
          </>
        ) : (
          <Button look="primary" icon={FileDown} onPress={save}>
            {say("keys.export.save")}
          </Button>
        )
      }
    >
      {saved && <Note live>{say("keys.export.saved")}</Note>}
    </Step>
  );
}

import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";

/** Fetches all keys of the backup. The work goes on when this is left. */
export function RestoreBackup({ onBack }: { readonly onBack: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { error, run } = useAct();
  const [imported, setImported] = useState<number | null>(null);
  const begun = useRef(false);
  const begin = async (): Promise<void> => {
    const done = await run(() => vault.link.call("restoreBackup", {}));
    if (done !== undefined) setImported(done.importedKeys);
  };
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    void begin();
  });
  if (imported !== null)
    return <Outcome title={say("recovery.restored.title")} text={say("recovery.restored.text", { count: imported })} />;
  if (error !== null)
    return (
      <Step
        key="failed"
        title={say("recovery.on.restore")}
        back={{ label: say("vault.goBack"), go: onBack }}
        actions={
          <Button look="primary" onPress={() => void begin()}>
            {say("vault.tryAgain")}
          </Button>
        }
      >
        <ErrorNote code={error} />
      </Step>
    );
  return <Working key="working" title={say("recovery.restoring")} text={say("recovery.restoringText")} job="backup-restore" />;
}

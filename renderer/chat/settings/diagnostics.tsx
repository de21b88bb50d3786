import { Check, Copy, Download, FileText } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";
import "./diagnostics.css";

/** The report for the developers: all of it is shown before any of it can be taken along. */
export function Diagnostics(): ReactNode {
  const say = useSay();
  const { shell } = useSession();
  const task = useTask();
  const [report, setReport] = useState<string | null>(null);
  const [done, setDone] = useState<"saved" | "copied" | null>(null);
  const show = (): void => {
    setDone(null);
    void task.run(
      () => shell.call("diagnostics", {}),
      ({ text }) => setReport(text),
    );
  };
  const save = (): void => {
    void task.run(
      () => shell.call("saveDiagnostics", {}),
      ({ saved }) => setDone(saved ? "saved" : null),
    );
  };
  return (
    <section className="diagnostics">
      <h4 className="settings__subheading">{say("diagnostics.title")}</h4>
      <p className="muted">{say("diagnostics.text")}</p>
      {report !== null && (
        <textarea className="diagnostics__report mono" readOnly aria-label={say("diagnostics.label")} value={report} rows={12} />
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
      <div className="diagnostics__actions">
        {report === null ? (
          <Button icon={FileText} isDisabled={task.busy} onPress={show}>
            {say("diagnostics.show")}
          </Button>
        ) : (
          <>
            <Button icon={done === "saved" ? Check : Download} isDisabled={task.busy} onPress={save}>
              {done === "saved" ? say("diagnostics.saved") : say("diagnostics.save")}
            </Button>
            <Button
              icon={done === "copied" ? Check : Copy}
              look="quiet"
              onPress={() => void navigator.clipboard.writeText(report).then(() => setDone("copied"))}
            >
              {done === "copied" ? say("common.copied") : say("diagnostics.copy")}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}

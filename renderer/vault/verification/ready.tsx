import { Camera, QrCode, SmilePlus } from "lucide-react";
import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { nameOf } from "./names.ts";
import { TimeLeft } from "./time-left.tsx";
import { WithWhom } from "./with-whom.tsx";

/** Both are there: how to compare. */
export function Ready({ view, onScan }: { readonly view: VerificationView; readonly onScan: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { busy, error, run } = useAct();
  const { flowId, methods } = view;
  return (
    <Step
      title={say("verify.ready.title")}
      lead={view.own ? say("verify.ready.textOwn") : say("verify.ready.text", { name: nameOf(view) })}
      aside={<TimeLeft until={view.expiresAt} />}
      actions={
        <ArmedButton isDisabled={busy} onPress={() => void run(() => vault.link.call("cancelVerification", { flowId }))}>
          {say("verify.cancel")}
        </ArmedButton>
      }
    >
      <WithWhom view={view} />
      {methods.sas || methods.showQr || methods.scanQr ? (
        <Choices label={say("verify.ready.title")}>
          {methods.sas && (
            <Way
              icon={SmilePlus}
              look="primary"
              title={say("verify.ready.sas")}
              text={say("verify.ready.sasText")}
              disabled={busy}
              onPress={() => void run(() => vault.link.call("startSas", { flowId }))}
            />
          )}
          {methods.showQr && (
            <Way
              icon={QrCode}
              title={say("verify.ready.show")}
              text={say("verify.ready.showText")}
              disabled={busy}
              onPress={() => void run(() => vault.link.call("showQr", { flowId }))}
            />
          )}
          {methods.scanQr && <Way icon={Camera} title={say("verify.ready.scan")} text={say("verify.ready.scanText")} onPress={onScan} />}
        </Choices>
      ) : (
        <Note tone="warn">{say("verify.ready.none")}</Note>
      )}
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

import { ScanLine } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { drawCode } from "./qr-bytes.ts";
import { TimeLeft } from "./time-left.tsx";
import { WithWhom } from "./with-whom.tsx";

/** Our code, for the other device to scan. */
export function ShowCode({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { busy, error, run } = useAct();
  const { flowId, qr, methods } = view;
  return (
    <Step
      title={say("verify.show.title")}
      lead={say("verify.show.text")}
      aside={<TimeLeft until={view.expiresAt} />}
      actions={
        <>
          <ArmedButton isDisabled={busy} onPress={() => void run(() => vault.link.call("cancelVerification", { flowId }))}>
            {say("verify.cancel")}
          </ArmedButton>
          {methods.sas && (
            <Button isDisabled={busy} onPress={() => void run(() => vault.link.call("startSas", { flowId }))}>
              {say("verify.show.emoji")}
            </Button>
          )}
        </>
      }
    >
      {qr === null ? <p role="status">{say("verify.show.making")}</p> : <Code bytes={qr} label={say("verify.show.label")} />}
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

/** Black on white in every theme: a code the other way round is not read by every camera. */
function Code({ bytes, label }: { readonly bytes: Uint8Array; readonly label: string }): ReactNode {
  const { size, path } = useMemo(() => drawCode(bytes), [bytes]);
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

/** Something says that it scanned our code. Only a person can see that it was the right device. */
export function Scanned({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { busy, error, run } = useAct();
  const { flowId } = view;
  return (
    <Step
      title={say("verify.scanned.title")}
      lead={say("verify.scanned.text")}
      icon={ScanLine}
      aside={<TimeLeft until={view.expiresAt} />}
      actions={
        <>
          <ArmedButton
            look="danger-quiet"
            isDisabled={busy}
            onPress={() => void run(() => vault.link.call("cancelVerification", { flowId }))}
          >
            {say("verify.scanned.no")}
          </ArmedButton>
          <ArmedButton look="primary" isDisabled={busy} onPress={() => void run(() => vault.link.call("confirmQrScanned", { flowId }))}>
            {say("verify.scanned.yes")}
          </ArmedButton>
        </>
      }
    >
      <WithWhom view={view} />
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

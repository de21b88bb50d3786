import { LoaderCircle, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { TimeLeft } from "./time-left.tsx";
import { WithWhom } from "./with-whom.tsx";

type WaitingProps = {
  readonly view: VerificationView;
  readonly title: string;
  readonly text: string;
  /** Of something that went well already. */
  readonly icon?: LucideIcon;
  /** What to do where nothing comes of it. */
  readonly help?: string;
  /** Gives this up for something else. */
  readonly instead?: { readonly label: string; readonly go: () => void };
};

/** It is the other side's turn. */
export function Waiting({ view, title, text, icon, help, instead }: WaitingProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { busy, error, run } = useAct();
  const cancel = () => run(() => vault.link.call("cancelVerification", { flowId: view.flowId }));
  return (
    <Step
      title={title}
      lead={text}
      {...(icon === undefined ? {} : { icon, tone: "good" as const })}
      aside={<TimeLeft until={view.expiresAt} />}
      actions={
        <>
          <ArmedButton isDisabled={busy} onPress={() => void cancel()}>
            {say("verify.cancel")}
          </ArmedButton>
          {instead !== undefined && (
            <ArmedButton isDisabled={busy} onPress={() => void cancel().then((done) => done !== undefined && instead.go())}>
              {instead.label}
            </ArmedButton>
          )}
        </>
      }
    >
      {!(view.own && view.deviceId === null) && <WithWhom view={view} />}
      <span className="working" aria-hidden>
        <LoaderCircle className="icon spinner" size={28} />
      </span>
      {help !== undefined && <p>{help}</p>}
      <p className="muted">{say("verify.waiting.leave")}</p>
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

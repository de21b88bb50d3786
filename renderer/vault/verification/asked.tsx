import { ShieldQuestionMark } from "lucide-react";
import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useVault } from "../state/vault.ts";
import { nameOf } from "./names.ts";
import { TimeLeft } from "./time-left.tsx";
import { WithWhom } from "./with-whom.tsx";

/** Somebody asks: who, from which device, since when. */
export function Asked({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const clock = useClock();
  const { busy, error, run } = useAct();
  const { flowId, own } = view;
  const name = nameOf(view);
  const safety = useValue(vault.safety);
  // Whichever of two own devices asks, the unverified one is to be vouched for.
  const forThis = own && safety?.thisDeviceVerified === false;
  return (
    <Step
      title={own ? say(forThis ? "verify.asked.titleThis" : "verify.asked.titleOwn") : say("verify.asked.title", { name })}
      lead={own ? say(forThis ? "verify.asked.textThis" : "verify.asked.textOwn") : say("verify.asked.text", { name })}
      icon={ShieldQuestionMark}
      aside={<TimeLeft until={view.expiresAt} />}
      actions={
        <>
          <ArmedButton isDisabled={busy} onPress={() => void run(() => vault.link.call("cancelVerification", { flowId }))}>
            {say("verify.asked.decline")}
          </ArmedButton>
          <ArmedButton look="primary" isDisabled={busy} onPress={() => void run(() => vault.link.call("acceptVerification", { flowId }))}>
            {say("verify.asked.accept")}
          </ArmedButton>
        </>
      }
    >
      <WithWhom view={view} />
      <p className="muted tabular">{say("verify.asked.since", { time: clock.time(view.since) })}</p>
      {own && <p className="muted">{say(forThis ? "verify.asked.notMineThis" : "verify.asked.notMine")}</p>}
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

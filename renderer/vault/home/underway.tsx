import { CircleAlert, CircleCheck, Hourglass, ShieldQuestionMark, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import type { MessageId } from "../../ui/messages/en.ts";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { useVault } from "../state/vault.ts";
import { nameOf } from "../verification/names.ts";

/** Verifications that wait, go on, or have ended unseen. */
export function Underway(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const all = useValue(vault.verifications);
  if (all === null || all.length === 0) return null;
  return (
    <section className="home__underway" aria-live="polite">
      <h2>{say("vault.underway")}</h2>
      <Choices label={say("vault.underway")}>
        {all.map((view) => {
          const { icon, text } = stateOf(view);
          return (
            <Way
              key={view.flowId}
              icon={icon}
              title={titleOf(view)}
              text={say(text)}
              onPress={() => vault.go({ kind: "verification", flowId: view.flowId })}
            />
          );
        })}
      </Choices>
    </section>
  );

  function titleOf(view: VerificationView): string {
    if (!view.own) return say("vault.underway.with", { name: nameOf(view) });
    return view.deviceName === null ? say("vault.underway.ownUnknown") : say("vault.underway.own", { name: view.deviceName });
  }
}

function stateOf({ state }: VerificationView): { readonly icon: LucideIcon; readonly text: MessageId } {
  switch (state) {
    case "asked":
      return { icon: ShieldQuestionMark, text: "vault.underway.asked" };
    case "asking":
      return { icon: Hourglass, text: "vault.underway.asking" };
    case "ready":
    case "sas-compare":
    case "qr-shown":
    case "qr-scanned":
      return { icon: ShieldQuestionMark, text: "vault.underway.act" };
    case "sas-waiting":
    case "sas-confirmed":
    case "qr-waiting":
      return { icon: Hourglass, text: "vault.underway.going" };
    case "done":
      return { icon: CircleCheck, text: "vault.underway.done" };
    case "cancelled":
      return { icon: CircleAlert, text: "vault.underway.cancelled" };
  }
}

import { ShieldAlert, ShieldQuestionMark } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { Shield } from "../../../protocol/messages/timeline-item.ts";
import { Explain } from "../../ui/explain.tsx";
import { useSay } from "../../ui/text.tsx";

/** A mark for what is not normal, with a word, a sentence and the next step behind it. */
export function ShieldMark({ shield, name }: { readonly shield: Shield; readonly name: string }): ReactNode {
  const say = useSay();
  const Icon = shield.color === "red" ? ShieldAlert : ShieldQuestionMark;
  const what = say(`shield.${shield.code}`, { name });
  return (
    <Explain
      label={say("shield.label")}
      placement="bottom start"
      trigger={
        <AriaButton className={`shield shield--${shield.color}`} aria-label={`${say(`shield.${shield.color}`)}: ${what}`}>
          <Icon className="icon" size={14} aria-hidden />
          <span>{what}</span>
        </AriaButton>
      }
    >
      <h3>
        <Icon className={`icon shield--${shield.color}`} size={18} aria-hidden />
        {what}
      </h3>
      <p>{say(`shield.${shield.code}Text`, { name })}</p>
    </Explain>
  );
}

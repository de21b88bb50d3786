import { History, Hourglass, KeyRound, ShieldAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { TimelineItem, Utd } from "../../../protocol/messages/timeline-item.ts";
import { Explain } from "../../ui/explain.tsx";
import { useSay } from "../../ui/text.tsx";
import { utdSentence } from "./item-text.ts";

const ICONS: Readonly<Record<Utd["cause"], LucideIcon>> = {
  waiting: Hourglass,
  "sent-before-we-joined": History,
  historical: History,
  withheld: KeyRound,
  "withheld-unverified": KeyRound,
  "untrusted-sender": ShieldAlert,
  replayed: ShieldAlert,
  damaged: ShieldAlert,
  unknown: KeyRound,
};

/** One line in place of a message that cannot be read yet: why, and behind "Why?" what to do. */
export function UtdLine({ item, utd }: { readonly item: TimelineItem; readonly utd: Utd }): ReactNode {
  const say = useSay();
  const { what, next } = utdSentence(say, item);
  const Icon = ICONS[utd.cause];
  return (
    <div className="utd">
      <Icon className="icon" size={15} aria-hidden />
      <span className="utd__what">{what}</span>
      <Explain label={what} placement="bottom start" trigger={<AriaButton className="link-button">{say("utd.why")}</AriaButton>}>
        <h3>{what}</h3>
        <p>{next}</p>
        <p className="utd__code">
          {say("utd.code", { code: utd.withheldCode === undefined ? utd.code : `${utd.code} ${utd.withheldCode}` })}
        </p>
      </Explain>
    </div>
  );
}

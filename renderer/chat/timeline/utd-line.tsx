import { History, Hourglass, KeyRound, ShieldAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { TimelineItem, Utd } from "../../../protocol/messages/timeline-item.ts";
import { Explain } from "../../ui/explain.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { canAskDevices, decideUtdStep } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";
import { AskDevices } from "./ask-devices.tsx";
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

/** One line in place of a message that cannot be read yet: why, and what to do; a step in the vault stands in the line itself. */
export function UtdLine({ item, utd }: { readonly item: TimelineItem; readonly utd: Utd }): ReactNode {
  const say = useSay();
  const session = useSession();
  const safety = useValue(session.safety);
  const step = decideUtdStep(utd, item.mine, safety);
  const { what, next } = utdSentence(say, item);
  const Icon = ICONS[utd.cause];
  return (
    <div className="utd">
      <Icon className="icon" size={15} aria-hidden />
      <span className="utd__what">{what}</span>
      {step !== null && (
        <AriaButton className="link-button" onPress={() => void session.openVault(step)}>
          {say(step.kind === "recovery" ? "utd.restore" : "utd.verify")}
        </AriaButton>
      )}
      <Explain label={what} placement="bottom start" trigger={<AriaButton className="link-button">{say("utd.why")}</AriaButton>}>
        <h3>{what}</h3>
        <p>{step === null ? next : say(step.kind === "recovery" ? "utd.restoreText" : "utd.verifyText")}</p>
        {step !== null && (
          <div className="popover__actions">
            <VaultButton look="primary" closes intent={step}>
              {say("common.openInVault")}
            </VaultButton>
          </div>
        )}
        {item.eventId !== null && canAskDevices(utd, safety) && <AskDevices eventId={item.eventId} />}
        <p className="utd__code">
          {say("utd.code", { code: utd.withheldCode === undefined ? utd.code : `${utd.code} ${utd.withheldCode}` })}
        </p>
      </Explain>
    </div>
  );
}

import { ShieldAlert, ShieldQuestionMark } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { Shield, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Button } from "../../ui/button.tsx";
import { Explain } from "../../ui/explain.tsx";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { useSession } from "../state/session.ts";
import { shieldSentence, type ShieldedItem } from "./item-text.ts";
import { useActions } from "./timeline-actions.ts";

/** A mark for what is not normal, with a word, a sentence and the next step behind it. */
export function ShieldMark({ item, shield }: { readonly item: TimelineItem; readonly shield: Shield }): ReactNode {
  const say = useSay();
  const Icon = shield.color === "red" ? ShieldAlert : ShieldQuestionMark;
  const { what, text } = shieldSentence(say, item, shield);
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
      <p>{text}</p>
      {item.keySharedBy !== null && shield.code !== "AuthenticityNotGuaranteed" && (
        <p>{say("shield.sharedBy", { sharer: item.keySharedBy.displayName })}</p>
      )}
      <NextStep item={item} shield={shield} />
    </Explain>
  );
}

type LineProps = { readonly item: ShieldedItem; readonly shield: Shield; readonly brief?: boolean };

/** The same where nothing can be opened: the word and its sentence, for reading; `brief` where both are behind what is pressed here. */
export function ShieldLine({ item, shield, brief }: LineProps): ReactNode {
  const say = useSay();
  const Icon = shield.color === "red" ? ShieldAlert : ShieldQuestionMark;
  const { what, text } = shieldSentence(say, item, shield);
  return (
    <span className={`shield-line shield--${shield.color}`}>
      <Icon className="icon" size={14} aria-hidden />
      <span>
        <strong>
          <span className="visually-hidden">{say(`shield.${shield.color}`)}: </span>
          {what}
        </strong>
        {brief !== true && ` ${text}`}
      </span>
    </span>
  );
}

/** Where the sentence can be followed by something to do here. */
function NextStep({ item, shield }: { readonly item: TimelineItem; readonly shield: Shield }): ReactNode {
  const say = useSay();
  const session = useSession();
  const actions = useActions();
  const { sender: userId, senderName: name, mine } = item;
  switch (shield.code) {
    case "VerificationViolation":
      return (
        <div className="popover__actions">
          <VaultButton look="primary" closes intent={{ kind: "identity-change", userId }}>
            {say("concern.decide")}
          </VaultButton>
        </div>
      );
    case "UnverifiedIdentity":
      return (
        <div className="popover__actions">
          <VaultButton closes intent={{ kind: "verify-user", userId }}>
            {say("person.verify", { name })}
          </VaultButton>
        </div>
      );
    case "UnsignedDevice":
    case "UnknownDevice":
      return (
        <div className="popover__actions">
          {mine ? (
            <Button size="small" slot="close" onPress={() => session.showDialog({ kind: "settings", section: "devices" })}>
              {say("shield.ownDevices")}
            </Button>
          ) : (
            <Button size="small" slot="close" onPress={() => actions.openPerson(userId)}>
              {say("shield.devices", { name })}
            </Button>
          )}
        </div>
      );
    case "AuthenticityNotGuaranteed":
    case "MismatchedSender":
    case "SentInClear":
      return null;
  }
}

import { AtSign, Check, CircleDashed, Clock } from "lucide-react";
import { memo, useState, type FocusEvent, type KeyboardEvent, type ReactNode } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { avatarHue } from "../../ui/avatar-colour.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { isEditable } from "../state/timeline-items.ts";
import { FailedSend } from "./failed-send.tsx";
import { itemText, shieldSentence } from "./item-text.ts";
import { MessageBody } from "./message-body.tsx";
import { Reactions } from "./reactions.tsx";
import { Receipts } from "./receipts.tsx";
import { RowTools } from "./row-tools.tsx";
import { ShieldMark } from "./shield-mark.tsx";
import { useActions } from "./timeline-actions.ts";

type RowProps = {
  readonly item: TimelineItem;
  readonly head: boolean;
  readonly minute: boolean;
  readonly index: number;
  /** The one row that Tab reaches. */
  readonly tabbable: boolean;
  readonly flash: boolean;
};

export const MessageRow = memo(function MessageRow({ item, head, minute, index, tabbable, flash }: RowProps): ReactNode {
  const say = useSay();
  const clock = useClock();
  const actions = useActions();
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const [menuOpen, setMenuOpen] = useState(false);
  const { content, send } = item;
  const mentioned = content.kind === "message" && content.mentionsMe;

  const blur = (event: FocusEvent<HTMLElement>): void => {
    if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
  };
  const press = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.target !== event.currentTarget || event.altKey) return;
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key === "c" && (getSelection()?.isCollapsed ?? true)) actions.copy(item);
    else if (mod) return;
    else if (event.key === "r" && item.eventId !== null) actions.reply(item);
    else if (event.key === "e" && isEditable(item)) actions.edit(item);
    else if (event.key === "Delete" && actions.canDelete(item)) actions.askDelete(item);
    else return;
    event.preventDefault();
  };

  return (
    <article
      className={`row ${head ? "row--head" : ""} ${mentioned ? "row--mention" : ""} ${flash ? "row--flash" : ""} ${send?.state === "failed" ? "row--failed" : ""} ${send !== null && send.state !== "sent" ? "row--pending" : ""}`}
      tabIndex={tabbable ? 0 : -1}
      data-index={index}
      aria-label={say("timeline.position", {
        sender: item.senderName,
        time: clock.time(item.at),
        text: itemText(say, item),
        edited: content.kind === "message" && content.edited ? "yes" : "no",
        state: stateText(say, item),
      })}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      onFocus={() => setFocused(true)}
      onBlur={blur}
      onKeyDown={press}
    >
      <div className="row__gutter">
        {head ? (
          <button type="button" className="row__avatar" tabIndex={-1} aria-hidden onClick={() => actions.openPerson(item.sender)}>
            <Avatar id={item.sender} name={item.senderName} mxc={item.senderAvatar} size={36} shape="person" />
          </button>
        ) : (
          minute && (
            <time className="row__minute tabular" dateTime={new Date(item.at).toISOString()}>
              {clock.minute(item.at)}
            </time>
          )
        )}
      </div>
      <div className="row__main">
        {head && (
          <div className="row__head">
            <AriaButton
              className={`row__name hue-${avatarHue(item.sender)}`}
              excludeFromTabOrder
              onPress={() => actions.openPerson(item.sender)}
            >
              {item.senderName}
            </AriaButton>
            <time className="row__time tabular" dateTime={new Date(item.at).toISOString()} title={clock.full(item.at)}>
              {clock.time(item.at)}
            </time>
            {mentioned && (
              <span className="row__mention">
                <AtSign className="icon" size={12} aria-hidden />
                {say("item.mention")}
              </span>
            )}
          </div>
        )}
        <MessageBody item={item} />
        {item.shield !== null && <ShieldMark item={item} shield={item.shield} />}
        {send?.state === "failed" && <FailedSend item={item} />}
        {item.reactions.length > 0 && <Reactions item={item} />}
      </div>
      <div className="row__meta">
        {send !== null && send.state !== "failed" && <SendState state={send.state} />}
        {item.readBy.length > 0 && <Receipts readers={item.readBy} />}
      </div>
      {(hovered || focused || menuOpen) && (
        <div className="tools-anchor">
          <RowTools item={item} onMenuOpen={setMenuOpen} />
        </div>
      )}
    </article>
  );
});

function SendState({ state }: { readonly state: "queued" | "sending" | "sent" }): ReactNode {
  const say = useSay();
  const Icon = state === "queued" ? Clock : state === "sending" ? CircleDashed : Check;
  return (
    <TooltipTrigger delay={400}>
      <AriaButton className="send-state" aria-label={say(`send.${state}`)} excludeFromTabOrder>
        <Icon className="icon" size={13} aria-hidden />
      </AriaButton>
      <Tooltip className="tooltip">{say(`send.${state}`)}</Tooltip>
    </TooltipTrigger>
  );
}

function stateText(say: ReturnType<typeof useSay>, item: TimelineItem): string {
  const parts: string[] = [];
  if (item.send !== null) parts.push(say(`send.${item.send.state}`));
  if (item.shield !== null) parts.push(shieldSentence(say, item, item.shield).what);
  if (item.reactions.length > 0) parts.push(item.reactions.map((reaction) => `${reaction.key} ${reaction.count}`).join(", "));
  return parts.length === 0 ? "none" : parts.join(", ");
}

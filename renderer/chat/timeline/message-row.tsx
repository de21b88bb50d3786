import { AtSign, Check, CircleDashed, Clock } from "lucide-react";
import { memo, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { avatarHue } from "../../ui/avatar-colour.ts";
import { Avatar } from "../../ui/avatar.tsx";
import type { Place } from "../../ui/menu-at.tsx";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { isEditable } from "../state/timeline-items.ts";
import { FailedSend } from "./failed-send.tsx";
import { itemText, shieldSentence } from "./item-text.ts";
import { hasMenu, MessageMenu } from "./message-menu.tsx";
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
  const [menu, setMenu] = useState<Place | null>(null);
  const [picking, setPicking] = useState(false);
  const article = useRef<HTMLElement>(null);
  const hadSelection = useRef(false);
  const { content, send } = item;
  const mentioned = content.kind === "message" && content.mentionsMe;

  const blur = (event: FocusEvent<HTMLElement>): void => {
    if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
  };
  const openMenu = (at: Place): void => {
    if (!hasMenu(item, actions)) return;
    // What had the focus may be gone with the toolbar; the message is still there when the menu closes.
    article.current?.focus({ preventScroll: true });
    setMenu(at);
  };
  const askMenu = (event: MouseEvent<HTMLElement>): void => {
    const inside = event.target instanceof Node && event.currentTarget.contains(event.target);
    const selected = event.button === 2 ? hadSelection.current : hasSelection();
    // With text selected the menu is that of text, which main shows.
    if (!inside || selected || !hasMenu(item, actions)) return;
    event.preventDefault();
    openMenu(event.clientX === 0 && event.clientY === 0 ? middleOf(event.currentTarget) : { x: event.clientX, y: event.clientY });
  };
  const press = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.target !== event.currentTarget || event.altKey) return;
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      openMenu(middleOf(event.currentTarget));
      return event.preventDefault();
    }
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.key === "c" && !hasSelection()) actions.copy(item);
    else if (mod) return;
    else if (event.key === "r" && item.eventId !== null) actions.reply(item);
    else if (event.key === "e" && isEditable(item)) actions.edit(item);
    else if (event.key === "Delete" && actions.canDelete(item)) actions.askDelete(item);
    else return;
    event.preventDefault();
  };

  return (
    <article
      ref={article}
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
      // Where a right click selects the word under it, that is not what had been selected.
      onPointerDownCapture={() => void (hadSelection.current = hasSelection())}
      onContextMenu={askMenu}
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
      {(hovered || focused || picking || menu !== null) && (
        <div className="tools-anchor">
          <RowTools item={item} picking={picking} onPicking={setPicking} menuOpen={menu !== null} onMenu={openMenu} />
        </div>
      )}
      {menu !== null && <MessageMenu item={item} at={menu} onReact={() => setPicking(true)} onClose={() => setMenu(null)} />}
    </article>
  );
});

const hasSelection = (): boolean => getSelection()?.isCollapsed === false;

/** Near the start of a message, as far as it is in view. */
function middleOf(row: HTMLElement): Place {
  const { left, top, bottom } = row.getBoundingClientRect();
  return { x: left + 60, y: Math.max(0, top) + (Math.min(bottom, innerHeight) - Math.max(0, top)) / 2 };
}

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

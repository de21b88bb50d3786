import { Copy, Forward, History, Link, Pencil, Pin, PinOff, Reply, SmilePlus, Trash2, type LucideIcon } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { Separator } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { MenuAt, type Place } from "../../ui/menu-at.tsx";
import { MenuEntry } from "../../ui/menu-entry.tsx";
import type { MessageId } from "../../ui/messages/en.ts";
import { useSay } from "../../ui/text.tsx";
import { hasItsEvent, isAnswerable, isEditable, isForwardable } from "../state/timeline-items.ts";
import { useActions, type TimelineActions } from "./timeline-actions.ts";

type Entry = {
  readonly id: MessageId;
  readonly icon: LucideIcon;
  readonly keys?: string;
  readonly danger?: boolean;
  readonly run: () => void;
};

type MenuProps = { readonly item: TimelineItem; readonly at: Place; readonly onReact: () => void; readonly onClose: () => void };

/** Everything that can be done with a message, where it was pressed. */
export function MessageMenu({ item, at, onReact, onClose }: MenuProps): ReactNode {
  const say = useSay();
  const actions = useActions();
  const groups = menuOf(item, actions, onReact);
  const label = say("messageMenu.label", { sender: item.senderName });
  const act = (key: string | number): void => {
    const entry = groups.flat().find(({ id }) => id === key);
    // The menu gives the focus back first; what is opened takes it from there, and gives it back there.
    requestAnimationFrame(() => setTimeout(() => entry?.run()));
  };
  return (
    <MenuAt at={at} label={label} onAction={act} onClose={onClose}>
      {groups.map((group, index) => (
        <Fragment key={group[0]?.id}>
          {index > 0 && <Separator className="menu__separator" />}
          {group.map(({ id, icon, keys, danger }) => (
            <MenuEntry key={id} id={id} icon={icon} text={say(id)} danger={danger === true}>
              {keys !== undefined && (
                <kbd className="menu__keys" aria-hidden>
                  {keys}
                </kbd>
              )}
            </MenuEntry>
          ))}
        </Fragment>
      ))}
    </MenuAt>
  );
}

/** Whether there is anything to do with it. */
export const hasMenu = (item: TimelineItem, actions: TimelineActions): boolean => menuOf(item, actions, () => undefined).length > 0;

function menuOf(item: TimelineItem, actions: TimelineActions, react: () => void): readonly (readonly Entry[])[] {
  const { content } = item;
  const answer: Entry[] = [];
  if (isAnswerable(item) && actions.canReact)
    answer.push(
      { id: "tools.reply", icon: Reply, keys: "R", run: () => actions.reply(item) },
      { id: "tools.react", icon: SmilePlus, run: react },
    );
  if (isEditable(item)) answer.push({ id: "tools.edit", icon: Pencil, keys: "E", run: () => actions.edit(item) });
  const take: Entry[] = [];
  if (content.kind === "message" || (content.kind === "media" && content.caption !== null))
    take.push({ id: "tools.copy", icon: Copy, run: () => actions.copy(item) });
  if (hasItsEvent(item)) take.push({ id: "messageMenu.copyLink", icon: Link, run: () => actions.copyLink(item.eventId) });
  if (isForwardable(item)) take.push({ id: "messageMenu.forward", icon: Forward, run: () => actions.forward(item) });
  if (hasItsEvent(item) && (content.kind === "message" || content.kind === "media") && content.edited)
    take.push({ id: "messageMenu.history", icon: History, run: () => actions.showHistory(item.eventId) });
  if (isAnswerable(item) && actions.canPin) {
    const pinned = actions.isPinned(item.eventId);
    take.push({
      id: pinned ? "messageMenu.unpin" : "messageMenu.pin",
      icon: pinned ? PinOff : Pin,
      run: () => actions.setPinned(item.eventId, !pinned),
    });
  }
  const remove: Entry[] = [];
  if (actions.canDelete(item))
    remove.push({ id: "tools.delete", icon: Trash2, keys: "Del", danger: true, run: () => actions.askDelete(item) });
  return [answer, take, remove].filter((group) => group.length > 0);
}

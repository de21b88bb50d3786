import { Ellipsis, Pencil, Reply } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Toolbar } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { IconButton } from "../../ui/button.tsx";
import type { Place } from "../../ui/menu-at.tsx";
import { useSay } from "../../ui/text.tsx";
import { isAnswerable, isEditable } from "../state/timeline-items.ts";
import { QUICK_REACTIONS } from "./emoji.ts";
import { hasMenu } from "./message-menu.tsx";
import { ReactionPicker } from "./reaction-picker.tsx";
import { useActions } from "./timeline-actions.ts";

type ToolsProps = {
  readonly item: TimelineItem;
  readonly picking: boolean;
  readonly onPicking: (picking: boolean) => void;
  readonly menuOpen: boolean;
  readonly onMenu: (at: Place) => void;
};

/** What is done most with a message; there while it is hovered or has the focus. All the rest is in its menu. */
export function RowTools({ item, picking, onPicking, menuOpen, onMenu }: ToolsProps): ReactNode {
  const say = useSay();
  const actions = useActions();
  return (
    <Toolbar className="tools" aria-label={say("tools.label")}>
      {isAnswerable(item) && actions.canReact && (
        <>
          {QUICK_REACTIONS.map((emoji) => (
            <AriaButton
              key={emoji}
              className="icon-button icon-button--small tools__emoji"
              aria-label={say("tools.reactWith", { emoji })}
              onPress={() => actions.react(item, emoji)}
            >
              {emoji}
            </AriaButton>
          ))}
          <ReactionPicker isOpen={picking} onOpenChange={onPicking} onPick={(key) => actions.react(item, key)} />
          <IconButton icon={Reply} label={say("tools.reply")} shortcut="R" size="small" onPress={() => actions.reply(item)} />
        </>
      )}
      {isEditable(item) && (
        <IconButton icon={Pencil} label={say("tools.edit")} shortcut="E" size="small" onPress={() => actions.edit(item)} />
      )}
      {hasMenu(item, actions) && (
        <IconButton
          icon={Ellipsis}
          label={say("messageMenu.more")}
          size="small"
          aria-haspopup="menu"
          aria-expanded={menuOpen}
          onPress={({ target }) => {
            const { left, bottom } = target.getBoundingClientRect();
            onMenu({ x: left, y: bottom });
          }}
        />
      )}
    </Toolbar>
  );
}

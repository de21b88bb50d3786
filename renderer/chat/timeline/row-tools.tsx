import { Copy, Pencil, Reply, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Toolbar } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { isEditable } from "../state/timeline-items.ts";
import { QUICK_REACTIONS } from "./emoji.ts";
import { ReactionPicker } from "./reaction-picker.tsx";
import { useActions } from "./timeline-actions.ts";

type ToolsProps = { readonly item: TimelineItem; readonly onMenuOpen: (open: boolean) => void };

/** What can be done with a message; there while it is hovered or has the focus. */
export function RowTools({ item, onMenuOpen }: ToolsProps): ReactNode {
  const say = useSay();
  const actions = useActions();
  const sent = item.eventId !== null;
  const text = item.content.kind === "message";
  return (
    <Toolbar className="tools" aria-label={say("tools.label")}>
      {sent && actions.canReact && item.content.kind !== "redacted" && (
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
          <ReactionPicker onPick={(key) => actions.react(item, key)} onOpenChange={onMenuOpen} />
          <IconButton icon={Reply} label={say("tools.reply")} shortcut="R" size="small" onPress={() => actions.reply(item)} />
        </>
      )}
      {isEditable(item) && (
        <IconButton icon={Pencil} label={say("tools.edit")} shortcut="E" size="small" onPress={() => actions.edit(item)} />
      )}
      {text && <IconButton icon={Copy} label={say("tools.copy")} size="small" onPress={() => actions.copy(item)} />}
      {actions.canDelete(item) && (
        <IconButton icon={Trash2} label={say("tools.delete")} size="small" onPress={() => actions.askDelete(item)} />
      )}
    </Toolbar>
  );
}

import type { ReactNode } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { useSay } from "../../ui/text.tsx";
import { useActions } from "./timeline-actions.ts";

/** Reactions as chips; one's own are marked and can be taken back. */
export function Reactions({ item }: { readonly item: TimelineItem }): ReactNode {
  const say = useSay();
  const actions = useActions();
  return (
    <div className="reactions">
      {item.reactions.map(({ key, count, mine, senders }) => {
        const names = senders.map(({ displayName }) => displayName).join(", ");
        return (
          <TooltipTrigger key={key} delay={300}>
            <AriaButton
              className={`reaction ${mine === null ? "" : "reaction--mine"}`}
              aria-pressed={mine !== null}
              aria-label={say("item.reaction", { key, count, names, mine: mine === null ? "no" : "yes" })}
              isDisabled={!actions.canReact}
              onPress={() => actions.react(item, key)}
            >
              <span className="reaction__key ellipsis">{key}</span>
              <span className="tabular">{count}</span>
            </AriaButton>
            <Tooltip className="tooltip" offset={4}>
              {names}
            </Tooltip>
          </TooltipTrigger>
        );
      })}
    </div>
  );
}

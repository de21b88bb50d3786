import type { ReactNode } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger } from "react-aria-components";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { useSay } from "../../ui/text.tsx";

const SHOWN = 3;

/** Who has read up to here. */
export function Receipts({ readers }: { readonly readers: TimelineItem["readBy"] }): ReactNode {
  const say = useSay();
  const text = say("item.readBy", { names: readers.map((reader) => reader.displayName).join(", ") });
  return (
    <TooltipTrigger delay={300}>
      <AriaButton className="receipts" excludeFromTabOrder>
        <span className="visually-hidden">{text}</span>
        {readers.slice(0, SHOWN).map(({ userId, displayName }) => (
          <Avatar key={userId} id={userId} name={firstLetter(displayName)} mxc={null} size={20} shape="person" />
        ))}
        {readers.length > SHOWN && (
          <span className="receipts__more tabular" aria-hidden>
            +{readers.length - SHOWN}
          </span>
        )}
      </AriaButton>
      <Tooltip className="tooltip">{text}</Tooltip>
    </TooltipTrigger>
  );
}

/** There is no room for two. */
const firstLetter = (name: string): string => Array.from(name)[0] ?? "";

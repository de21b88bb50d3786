import { Hash, KeyRound, LogOut, Pencil, Pin, PinOff, ShieldCheck, ShieldQuestionMark, UserPlus, UsersRound } from "lucide-react";
import { memo, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { TimelineContent, TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { useSession } from "../state/session.ts";
import { itemText } from "./item-text.ts";
import { useActions } from "./timeline-actions.ts";

type StateProps = { readonly item: TimelineItem; readonly index: number; readonly tabbable: boolean };

/** Something that happened to the room, on one small line. */
export const StateLine = memo(function StateLine({ item, index, tabbable }: StateProps): ReactNode {
  const say = useSay();
  const clock = useClock();
  const text = itemText(say, item);
  return (
    <article className="state" tabIndex={tabbable ? 0 : -1} data-index={index} aria-label={text}>
      <StateIcon content={item.content} />
      <span>{text}</span>
      <OpenVerification item={item} />
      <ShowPinned item={item} />
      <time className="state__time tabular" dateTime={new Date(item.at).toISOString()}>
        {clock.time(item.at)}
      </time>
    </article>
  );
});

/** Leads to a request that waits or is under way. */
function OpenVerification({ item: { content, eventId } }: { readonly item: TimelineItem }): ReactNode {
  const say = useSay();
  const session = useSession();
  if (content.kind !== "verification" || eventId === null || (content.state !== "asked" && content.state !== "running")) return null;
  return (
    <AriaButton className="link-button" onPress={() => void session.openVault({ kind: "verification", flowId: eventId })}>
      {say("common.openInVault")}
    </AriaButton>
  );
}

/** Leads to the message that was pinned or unpinned. */
function ShowPinned({ item: { content } }: { readonly item: TimelineItem }): ReactNode {
  const say = useSay();
  const actions = useActions();
  if (content.kind !== "pins-changed" || content.eventId === null) return null;
  const { eventId } = content;
  return (
    <AriaButton className="link-button" onPress={() => actions.jumpTo(eventId)}>
      {say("pins.show")}
    </AriaButton>
  );
}

type RunProps = { readonly items: readonly TimelineItem[]; readonly index: number; readonly tabbable: boolean };

/** Several changes of who is here, folded into one line that opens. */
export const StateRun = memo(function StateRun({ items, index, tabbable }: RunProps): ReactNode {
  const say = useSay();
  const [open, setOpen] = useState(false);
  const [first] = items;
  const text = say("state.run", { names: first === undefined ? "" : itemText(say, first), count: items.length - 1 });
  return (
    <article className="state state--run" tabIndex={tabbable ? 0 : -1} data-index={index} aria-label={text}>
      <div className="state__line">
        <UsersRound className="icon" size={14} aria-hidden />
        <span>{text}</span>
        <AriaButton className="link-button" aria-expanded={open} onPress={() => setOpen(!open)}>
          {say(open ? "state.runHide" : "state.runShow")}
        </AriaButton>
      </div>
      {open && (
        <ul className="state__list">
          {items.map((item) => (
            <li key={item.id}>{itemText(say, item)}</li>
          ))}
        </ul>
      )}
    </article>
  );
});

function StateIcon({ content }: { readonly content: TimelineContent }): ReactNode {
  const look = { className: "icon", size: 14, "aria-hidden": true } as const;
  switch (content.kind) {
    case "encryption-enabled":
      return <KeyRound {...look} />;
    case "name-changed":
    case "topic-changed":
    case "avatar-changed":
      return <Pencil {...look} />;
    case "pins-changed":
      return content.change === "unpinned" ? <PinOff {...look} /> : <Pin {...look} />;
    case "membership":
      return content.change === "left" || content.change === "kicked" || content.change === "banned" ? (
        <LogOut {...look} />
      ) : (
        <UserPlus {...look} />
      );
    case "verification":
      return content.state === "verified" ? <ShieldCheck {...look} /> : <ShieldQuestionMark {...look} />;
    case "created":
    case "message":
    case "media":
    case "poll":
    case "undecryptable":
    case "redacted":
    case "unsupported":
      return <Hash {...look} />;
  }
}

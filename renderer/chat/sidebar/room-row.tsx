import { AtSign, BellOff, CircleAlert, Clock, Star, type LucideIcon } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { useSay, type Say } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { isUnread } from "../state/room-order.ts";

type RowProps = {
  readonly room: RoomSummary;
  readonly elementId: string;
  readonly index: number;
  readonly total: number;
  readonly open: boolean;
  readonly active: boolean;
  readonly onPick: (roomId: string) => void;
  readonly onMenu: (roomId: string, at: { readonly x: number; readonly y: number }) => void;
};

/** One room of the list. Rendered again only when its own summary changed. */
export const RoomRow = memo(function RoomRow({ room, elementId, index, total, open, active, onPick, onMenu }: RowProps): ReactNode {
  const say = useSay();
  const clock = useClock();
  const last = lastLine(say, room);
  const unread = isUnread(room);
  return (
    <div
      id={elementId}
      role="option"
      aria-selected={open}
      aria-posinset={index + 1}
      aria-setsize={total}
      className={`room-row ${open ? "room-row--open" : ""} ${active ? "room-row--active" : ""} ${unread ? "room-row--unread" : ""}`}
      onClick={() => onPick(room.roomId)}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu(room.roomId, { x: event.clientX, y: event.clientY });
      }}
    >
      <RoomAvatar room={room} size={40} />
      <span className="room-row__main">
        <span className="room-row__top">
          <span className="room-row__name">
            <span className="ellipsis">{room.name}</span>
            {room.favourite && <RowMark icon={Star} read={say("row.favourite")} />}
            {room.notify !== "all" && <RowMark icon={room.notify === "none" ? BellOff : AtSign} read={say(`row.notify.${room.notify}`)} />}
          </span>
          {room.lastMessage !== null && <time className="room-row__time tabular">{clock.short(room.lastMessage.at)}</time>}
        </span>
        <span className="room-row__bottom">
          <span className={`room-row__last ellipsis ${room.lastMessage?.kind === "message" ? "" : "room-row__last--soft"}`}>
            {last ?? say("row.noMessages")}
          </span>
          {room.failedSends > 0 ? (
            <>
              <CircleAlert className="icon room-row__failed" size={16} aria-hidden />
              <span className="visually-hidden">{say("row.failed")}</span>
            </>
          ) : (
            room.pendingSends > 0 && (
              <>
                <Clock className="icon room-row__pending" size={14} aria-hidden />
                <span className="visually-hidden">{say("row.pending")}</span>
              </>
            )
          )}
          {room.mentions > 0 && (
            <Badge look="badge badge--mention" shown={`@${cap(room.mentions)}`} read={say("row.mentions", { count: room.mentions })} />
          )}
          {room.markedUnread && room.unread === 0 && <Badge look="badge badge--dot" shown="" read={say("row.marked")} />}
          {room.unread > room.mentions && <Badge look="badge" shown={cap(room.unread)} read={say("row.unread", { count: room.unread })} />}
        </span>
      </span>
    </div>
  );
});

/** What is set for the room, small beside its name. */
function RowMark({ icon: Icon, read }: { readonly icon: LucideIcon; readonly read: string }): ReactNode {
  return (
    <>
      <Icon className={`icon room-row__mark ${Icon === Star ? "room-row__mark--star" : ""}`} size={12} strokeWidth={2.2} aria-hidden />
      <span className="visually-hidden">{read}</span>
    </>
  );
}

/** A count as it looks, and as it is read. */
function Badge({ look, shown, read }: { readonly look: string; readonly shown: string; readonly read: string }): ReactNode {
  return (
    <>
      <span className={look} aria-hidden>
        {shown}
      </span>
      <span className="visually-hidden">{read}</span>
    </>
  );
}

function lastLine(say: Say, room: RoomSummary): string | null {
  const last = room.lastMessage;
  if (last === null) return null;
  const text = last.kind === "undecryptable" ? say("row.undecryptable") : last.kind === "redacted" ? say("row.redacted") : last.preview;
  if (last.kind === "redacted") return text;
  if (last.kind === "state") return last.mine ? say("row.youDid", { text }) : say("row.senderDid", { sender: last.senderName, text });
  if (last.mine) return say("row.you", { text });
  return room.kind === "dm" ? text : say("row.sender", { sender: last.senderName, text });
}

const cap = (count: number): string => (count > 99 ? "99+" : String(count));

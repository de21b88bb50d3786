import { Bell, BellOff, AtSign, Check, Info, LogOut, MailOpen, Mail, Star, StarOff, type LucideIcon } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { Header, MenuSection, Separator } from "react-aria-components";
import type { RoomNotify, RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { MenuAt, type Place } from "../../ui/menu-at.tsx";
import { MenuEntry } from "../../ui/menu-entry.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { isUnread } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";
import { markRead, markUnread, ROOM_NOTIFY, setFavourite, setRoomNotify } from "../state/room-preferences.ts";

const BELLS: Readonly<Record<RoomNotify, LucideIcon>> = { all: Bell, mentions: AtSign, none: BellOff };

type MenuProps = {
  readonly room: RoomSummary;
  readonly at: Place;
  readonly onClose: () => void;
};

/** What can be done with a room of the list without opening it. */
export function RoomMenu({ room, at, onClose }: MenuProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const canWrite = useStore(session.app, (app) => app.phase === "ready");
  // What it stands over may be gone before an answer is given.
  useEffect(() => {
    if (room.membership !== "join") onClose();
  }, [room.membership, onClose]);
  const unread = isUnread(room);
  const act = (key: string | number): void => {
    if (key === "read") markRead(session, room);
    else if (key === "unread") markUnread(session, room);
    else if (key === "favourite") setFavourite(session, room, !room.favourite);
    else if (key === "leave") session.showDialog({ kind: "leave", roomId: room.roomId });
    else if (key === "info") {
      session.openRoom(room.roomId);
      session.showPanel({ kind: "info" });
    } else {
      const notify = ROOM_NOTIFY.find((choice) => choice === key);
      if (notify !== undefined) setRoomNotify(session, room, notify);
    }
  };
  return (
    <MenuAt at={at} label={say("roomMenu.label", { room: room.name })} onAction={act} onClose={onClose}>
      {canWrite && (
        <MenuEntry
          id={unread ? "read" : "unread"}
          icon={unread ? MailOpen : Mail}
          text={say(unread ? "roomMenu.read" : "roomMenu.unread")}
        />
      )}
      {canWrite && (
        <MenuEntry
          id="favourite"
          icon={room.favourite ? StarOff : Star}
          text={say(room.favourite ? "roomMenu.unfavourite" : "roomMenu.favourite")}
        />
      )}
      <MenuEntry id="info" icon={Info} text={say("room.info")} />
      {canWrite && <Separator className="menu__separator" />}
      {canWrite && (
        <MenuSection selectionMode="single" selectedKeys={[room.notify]} disallowEmptySelection>
          <Header className="menu__header">{say("roomMenu.notify")}</Header>
          {ROOM_NOTIFY.map((choice) => (
            <MenuEntry key={choice} id={choice} icon={BELLS[choice]} text={say(`roomMenu.notify.${choice}`)}>
              {room.notify === choice && <Check className="icon menu__check" size={15} aria-hidden />}
            </MenuEntry>
          ))}
        </MenuSection>
      )}
      {canWrite && <Separator className="menu__separator" />}
      {canWrite && <MenuEntry id="leave" icon={LogOut} text={say(room.kind === "dm" ? "info.leaveDm" : "info.leave")} danger />}
    </MenuAt>
  );
}

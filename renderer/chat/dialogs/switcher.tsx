import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useSay } from "../../ui/text.tsx";
import { isUnread } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";
import { RoomPicker } from "./room-picker.tsx";

/** Jump to a person or room by a few letters. */
export function Switcher({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  return (
    <RoomPicker
      title={say("switcher.title")}
      placeholder={say("switcher.placeholder")}
      mark={Unread}
      foot={
        <div className="switcher__foot" aria-hidden>
          {say("switcher.hint", { up: "↑", down: "↓", enter: "Enter" })}
        </div>
      }
      onPick={(room) => {
        onClose();
        session.openRoom(room.roomId);
      }}
      onClose={onClose}
    />
  );
}

function Unread({ room }: { readonly room: RoomSummary }): ReactNode {
  if (!isUnread(room)) return null;
  return (
    <span className={`badge switcher__badge ${room.mentions > 0 ? "badge--mention" : ""}`}>{Math.max(room.unread, room.mentions)}</span>
  );
}

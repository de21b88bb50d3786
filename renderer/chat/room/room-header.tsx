import { Info, Search, UsersRound } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useIntl } from "react-intl";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { IconButton } from "../../ui/button.tsx";
import { shortcutText } from "../../ui/keys.ts";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SHORTCUTS } from "../shell/shortcuts.ts";
import { useSession } from "../state/session.ts";
import type { Panel } from "../state/view.ts";
import { RoomTrustMark } from "./room-trust-mark.tsx";

export function RoomHeader({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const session = useSession();
  const panel = useStore(session.view, (view) => view.panel?.kind ?? null);
  const toggle = (next: Panel): void => session.showPanel(panel === next.kind ? null : next);
  return (
    <header className="room-header">
      <h1 className="visually-hidden">{room.name}</h1>
      <AriaButton className="room-header__title" onPress={() => toggle({ kind: "info" })}>
        <RoomAvatar room={room} size={36} />
        <span className="room-header__names">
          <span className="room-header__name ellipsis">{room.name}</span>
          {room.topic !== null && room.topic !== "" && <span className="room-header__topic ellipsis">{room.topic}</span>}
        </span>
        <span className="visually-hidden">{say("room.info")}</span>
      </AriaButton>
      <RoomTrustMark room={room} />
      <div className="room-header__tools">
        <AriaButton
          className="icon-button room-header__people"
          aria-label={say("room.membersButton", { count: intl.formatNumber(room.memberCount) })}
          aria-pressed={panel === "members"}
          onPress={() => toggle({ kind: "members" })}
        >
          <UsersRound className="icon" size={18} strokeWidth={1.8} aria-hidden />
          <span className="tabular">{intl.formatNumber(room.memberCount)}</span>
        </AriaButton>
        <IconButton
          icon={Search}
          label={say("room.search")}
          shortcut={shortcutText(SHORTCUTS.search)}
          pressed={panel === "search"}
          onPress={() => toggle({ kind: "search" })}
        />
        <IconButton
          icon={Info}
          label={say("room.info")}
          shortcut={shortcutText(SHORTCUTS.panel)}
          pressed={panel === "info"}
          onPress={() => toggle({ kind: "info" })}
        />
      </div>
    </header>
  );
}

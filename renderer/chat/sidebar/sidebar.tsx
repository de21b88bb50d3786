import { MessageCirclePlus, PanelLeftClose, Search } from "lucide-react";
import { useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";
import { Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { Button, IconButton } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { Filters } from "../../ui/filters.tsx";
import { shortcutText } from "../../ui/keys.ts";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SearchField } from "../../ui/text-field.tsx";
import { SHORTCUTS } from "../shell/shortcuts.ts";
import { useArriving } from "../state/arriving.ts";
import { filterRooms, type RoomFilter } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";
import { AccountHeader } from "./account-header.tsx";
import { Invites } from "./invites.tsx";
import { ListSkeleton } from "./list-skeleton.tsx";
import { RoomList } from "./room-list.tsx";
import "./sidebar.css";

const FILTERS: readonly RoomFilter[] = ["all", "unread", "people", "rooms"];

export function Sidebar(): ReactNode {
  const say = useSay();
  const session = useSession();
  const rooms = useValue(session.rooms);
  const canWrite = useStore(session.app, (app) => app.phase === "ready");
  const roomsError = useValue(session.roomsError);
  const { filter, term, roomId } = useValue(session.view);
  const shown = useMemo(() => filterRooms(rooms, filter, term, roomId), [rooms, filter, term, roomId]);
  const arriving = useArriving();
  const list = useRef<HTMLDivElement>(null);

  const onSearchKey = (event: KeyboardEvent): void => {
    const [first] = shown;
    if (event.key === "ArrowDown") {
      event.preventDefault();
      list.current?.focus();
    } else if (event.key === "Enter" && term !== "" && first !== undefined) session.openRoom(first);
  };

  return (
    <nav className="sidebar" aria-label={say("landmark.sidebar")} data-landmark="sidebar">
      <AccountHeader />
      <div className="sidebar__search">
        <SearchField
          icon={Search}
          label={say("sidebar.search")}
          placeholder={say("sidebar.searchShort")}
          clearLabel={say("common.clear")}
          value={term}
          onChange={(value) => session.view.update((view) => ({ ...view, term: value }))}
          onKeyDown={onSearchKey}
        />
        {canWrite && <NewMenu />}
      </div>
      <Filters
        label={say("sidebar.filter")}
        options={FILTERS.map((value) => ({ value, title: say(`sidebar.filter.${value}`), dot: value === "unread" && rooms.unread > 0 }))}
        value={filter}
        onChange={(next) => session.view.update((view) => ({ ...view, filter: next }))}
      />
      {rooms.invites.length > 0 && filter !== "rooms" && term === "" && <Invites rooms={rooms} />}
      {!rooms.loaded ? (
        roomsError === null ? (
          <Delayed>
            <ListSkeleton />
          </Delayed>
        ) : (
          <div className="empty" role="alert">
            <p>
              {say("sidebar.failed")} {errorLine(say, roomsError.code)}
            </p>
            <Button size="small" onPress={() => session.retryRooms()}>
              {say("common.retry")}
            </Button>
          </div>
        )
      ) : arriving ? (
        <ListSkeleton label={say("sidebar.arriving")} />
      ) : shown.length === 0 ? (
        <EmptyList filter={filter} term={term} />
      ) : (
        <RoomList rooms={rooms} shown={shown} listRef={list} />
      )}
    </nav>
  );
}

function NewMenu(): ReactNode {
  const say = useSay();
  const session = useSession();
  return (
    <MenuTrigger>
      <IconButton icon={MessageCirclePlus} label={say("sidebar.newMessage")} />
      <Popover className="popover" placement="bottom end" offset={4}>
        <Menu
          className="menu"
          onAction={(key) => {
            if (key === "new-dm" || key === "new-room" || key === "join") session.showDialog({ kind: key });
          }}
        >
          <MenuItem id="new-dm" className="menu__item">
            {say("sidebar.newDm")}
          </MenuItem>
          <MenuItem id="new-room" className="menu__item">
            {say("sidebar.newRoom")}
          </MenuItem>
          <MenuItem id="join" className="menu__item">
            {say("sidebar.join")}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function EmptyList({ filter, term }: { readonly filter: RoomFilter; readonly term: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const canWrite = useStore(session.app, (app) => app.phase === "ready");
  if (term !== "")
    return (
      <div className="empty" role="status">
        <h3>{say("sidebar.noMatch", { term })}</h3>
        <p>{say("sidebar.noMatchText", { shortcut: shortcutText(SHORTCUTS.switcher) })}</p>
      </div>
    );
  if (!canWrite)
    return (
      <div className="empty" role="status">
        <h3>{say(`sidebar.empty.${filter}`)}</h3>
      </div>
    );
  return (
    <div className="empty" role="status">
      <h3>{say(`sidebar.empty.${filter}`)}</h3>
      <p>{say(`sidebar.empty.${filter}Text`)}</p>
      {filter === "people" && (
        <Button size="small" onPress={() => session.showDialog({ kind: "new-dm" })}>
          {say("sidebar.newDm")}
        </Button>
      )}
    </div>
  );
}

/** Brings a hidden room list back. */
export function CollapseButton(): ReactNode {
  const say = useSay();
  const session = useSession();
  const collapsed = useStore(session.settings, (settings) => settings.sidebarCollapsed);
  return (
    <IconButton
      icon={PanelLeftClose}
      label={say(collapsed ? "sidebar.expand" : "sidebar.collapse")}
      shortcut={shortcutText(SHORTCUTS.sidebar)}
      onPress={() => void session.changeSettings({ sidebarCollapsed: !collapsed })}
    />
  );
}

import { useCallback, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import type { Rooms } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";
import { RoomMenu } from "./room-menu.tsx";
import { RoomRow } from "./room-row.tsx";

type ListProps = { readonly rooms: Rooms; readonly shown: readonly string[]; readonly listRef: RefObject<HTMLDivElement | null> };

/** The virtualised room list: a listbox that keeps the focus itself and points at the active row. */
export function RoomList({ rooms, shown, listRef }: ListProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const id = useId();
  const open = useStore(session.view, (view) => view.roomId);
  const [moved, setMoved] = useState<{ readonly to: string | null; readonly open: string | null }>({ to: null, open: null });
  // Opening a room, from wherever, makes it the active row.
  const active = moved.open === open ? moved.to : null;
  const virtual = useRef<VirtualizerHandle>(null);
  const activeId = active !== null && shown.includes(active) ? active : open !== null && shown.includes(open) ? open : (shown[0] ?? null);
  const activeIndex = activeId === null ? -1 : shown.indexOf(activeId);

  const latest = useRef(shown);
  useEffect(() => {
    latest.current = shown;
  }, [shown]);
  useEffect(() => {
    const index = open === null ? -1 : latest.current.indexOf(open);
    if (index >= 0) virtual.current?.scrollToIndex(index, { align: "nearest" });
  }, [open]);

  const move = (index: number): void => {
    const to = Math.max(0, Math.min(shown.length - 1, index));
    setMoved({ to: shown[to] ?? null, open });
    virtual.current?.scrollToIndex(to, { align: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (activeId !== null && (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
      const row = document.getElementById(`${id}-${activeIndex}`)?.getBoundingClientRect();
      if (row !== undefined) openMenu(activeId, { x: row.left + 24, y: row.bottom - 12 });
    } else if (event.key === "ArrowDown") move(activeIndex + 1);
    else if (event.key === "ArrowUp") move(activeIndex - 1);
    else if (event.key === "PageDown") move(activeIndex + 8);
    else if (event.key === "PageUp") move(activeIndex - 8);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(shown.length - 1);
    else if ((event.key === "Enter" || event.key === " ") && activeId !== null) session.openRoom(activeId);
    else return;
    event.preventDefault();
  };
  const pick = useCallback((roomId: string) => session.openRoom(roomId), [session]);
  const [menu, setMenu] = useState<{ readonly roomId: string; readonly at: { readonly x: number; readonly y: number } } | null>(null);
  const openMenu = useCallback((roomId: string, at: { readonly x: number; readonly y: number }) => setMenu({ roomId, at }), [setMenu]);
  const closeMenu = useCallback(() => {
    setMenu(null);
    listRef.current?.focus({ preventScroll: true });
  }, [listRef, setMenu]);
  const menuRoom = menu === null ? undefined : rooms.byId.get(menu.roomId);
  const keep = useMemo(() => (activeIndex >= 0 ? [activeIndex] : []), [activeIndex]);

  return (
    <div
      ref={listRef}
      className="room-list"
      role="listbox"
      tabIndex={0}
      aria-label={say("sidebar.list")}
      {...(activeId === null ? {} : { "aria-activedescendant": `${id}-${activeIndex}` })}
      onKeyDown={onKeyDown}
    >
      <Virtualizer ref={virtual} scrollRef={listRef} data={shown} itemSize={60} bufferSize={240} keepMounted={keep}>
        {(roomId, index) => {
          const room = rooms.byId.get(roomId);
          return (
            <div key={roomId} role="presentation">
              {room !== undefined && (
                <RoomRow
                  room={room}
                  elementId={`${id}-${index}`}
                  index={index}
                  total={shown.length}
                  open={roomId === open}
                  active={roomId === activeId}
                  onPick={pick}
                  onMenu={openMenu}
                />
              )}
            </div>
          );
        }}
      </Virtualizer>
      {menu !== null && menuRoom !== undefined && <RoomMenu room={menuRoom} at={menu.at} onClose={closeMenu} />}
    </div>
  );
}

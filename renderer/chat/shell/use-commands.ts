import { useEffect } from "react";
import { matches } from "../../ui/keys.ts";
import { filterRooms, neighbour } from "../state/room-order.ts";
import type { Session } from "../state/session.ts";
import { cycleLandmark, focusLandmark } from "./landmarks.ts";
import { SHORTCUT_IDS, SHORTCUTS, type ShortcutId } from "./shortcuts.ts";

type Command = Exclude<ShortcutId, "escape">;

/** Runs shortcuts, and what main's menus ask for. */
export function useCommands(session: Session): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const id = COMMANDS.find((candidate) => matches(event, SHORTCUTS[candidate]));
      if (id !== undefined) {
        // While a dialog is open only the ways to another dialog work.
        if (session.view.value.dialog !== null && !OVER_DIALOGS.has(id)) return;
        event.preventDefault();
        run(session, id);
      } else if (event.key === "Escape" && !event.ctrlKey && !event.altKey && !event.metaKey) escape(session, event);
    };
    window.addEventListener("keydown", onKey);
    const stop = session.shell.on("command", ({ command, roomId }) => {
      switch (command) {
        case "new-room":
        case "new-dm":
        case "switcher":
        case "shortcuts":
          return session.showDialog({ kind: command });
        case "settings":
          return run(session, "settings");
        case "search":
          return run(session, "search");
        case "toggle-sidebar":
          return run(session, "sidebar");
        case "next-room":
          return run(session, "nextRoom");
        case "previous-room":
          return run(session, "previousRoom");
        case "open-room":
          if (roomId !== undefined) session.openRoom(roomId);
          return;
      }
    });
    return () => {
      window.removeEventListener("keydown", onKey);
      stop();
    };
  }, [session]);
}

const isCommand = (id: ShortcutId): id is Command => id !== "escape";
const COMMANDS: readonly Command[] = SHORTCUT_IDS.filter(isCommand);
const OVER_DIALOGS = new Set<Command>(["switcher", "settings", "shortcuts", "lock"]);

function run(session: Session, id: Command): void {
  const view = session.view.value;
  switch (id) {
    case "switcher":
    case "shortcuts":
      return session.showDialog(view.dialog?.kind === id ? null : { kind: id });
    case "newDm":
      return session.showDialog({ kind: "new-dm" });
    case "newRoom":
      return session.showDialog({ kind: "new-room" });
    case "settings":
      return session.showDialog({ kind: "settings", section: "account" });
    case "search":
      session.showPanel({ kind: "search" });
      requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-landmark="panel"] input')?.focus());
      return;
    case "sidebar":
      void session.changeSettings({ sidebarCollapsed: !session.settings.value.sidebarCollapsed });
      return;
    case "panel":
      if (view.roomId !== null) session.showPanel(view.panel === null ? { kind: "info" } : null);
      return;
    case "lock":
      void session.lock();
      return;
    case "nextRoom":
      return step(session, 1, false);
    case "previousRoom":
      return step(session, -1, false);
    case "nextUnread":
      return step(session, 1, true);
    case "previousUnread":
      return step(session, -1, true);
    case "landmark":
      return cycleLandmark(1);
    case "landmarkBack":
      return cycleLandmark(-1);
  }
}

function step(session: Session, by: 1 | -1, unreadOnly: boolean): void {
  const { filter, term, roomId } = session.view.value;
  const rooms = session.rooms.value;
  const next = neighbour(rooms, filterRooms(rooms, filter, term, roomId), roomId, by, unreadOnly);
  if (next !== null) session.openRoom(next);
}

/** Closes the topmost thing that no overlay has taken care of: the panel, then the filter; then the focus goes to the field. */
function escape(session: Session, event: KeyboardEvent): void {
  const view = session.view.value;
  if (view.dialog !== null) return;
  if (view.panel !== null) session.showPanel(null);
  else if (view.term !== "") session.view.update((now) => ({ ...now, term: "" }));
  else if (view.roomId === null) return;
  focusLandmark("composer");
  event.preventDefault();
}

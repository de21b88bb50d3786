import { useEffect } from "react";
import { useSay } from "../../ui/text.tsx";
import { useStore } from "../../ui/store.ts";
import { decideNotification, showNotification } from "../state/notifier.ts";
import type { Session } from "../state/session.ts";

/** Shows notifications, and what waits in the window's title. */
export function useNotifications(session: Session): void {
  const say = useSay();
  useEffect(
    () =>
      session.link.on("notification", (note) => {
        const looking = { roomId: session.view.value.roomId, focused: document.hasFocus() && document.visibilityState === "visible" };
        const settings = session.settings.value;
        if (!decideNotification(note, settings, looking)) return;
        const title =
          note.roomName === note.senderName ? note.senderName : say("notification.title", { sender: note.senderName, room: note.roomName });
        showNotification(title, settings.notificationPreview ? note.preview : say("notification.newMessage"), note.roomId, () =>
          session.openRoom(note.roomId),
        );
      }),
    [session, say],
  );

  const unread = useStore(session.rooms, (rooms) => rooms.unread);
  const roomId = useStore(session.view, (view) => view.roomId);
  const name = useStore(session.rooms, (rooms) => (roomId === null ? undefined : rooms.byId.get(roomId)?.name));
  useEffect(() => {
    const app = say("app.name");
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name === undefined ? app : `${name} – ${app}`}`;
    return () => {
      document.title = app;
    };
  }, [unread, name, say]);
}

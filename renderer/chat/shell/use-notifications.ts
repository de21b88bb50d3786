import { useEffect } from "react";
import { useSay } from "../../ui/text.tsx";
import { useStore } from "../../ui/store.ts";
import { decideNotification, showNotification } from "../state/notifier.ts";
import type { Session } from "../state/session.ts";
import { requestTitle } from "./request-title.ts";

/** Shows notifications, and what waits in the window's title. */
export function useNotifications(session: Session): void {
  const say = useSay();
  useEffect(
    () =>
      session.link.on("notification", (note) => {
        const looking = { roomId: session.view.value.roomId, focused: document.hasFocus() && document.visibilityState === "visible" };
        const settings = session.settings.value;
        if (session.quiet.value || !decideNotification(note, settings, looking)) return;
        const title =
          note.roomName === note.senderName ? note.senderName : say("notification.title", { sender: note.senderName, room: note.roomName });
        showNotification(title, settings.notificationPreview ? note.preview : say("notification.newMessage"), note.roomId, () => {
          comeForward(session);
          session.openRoom(note.roomId);
        });
      }),
    [session, say],
  );

  // A request for a verification runs out, so somebody who looks elsewhere is told. Answered it is in the window, and then in the vault.
  useEffect(() => {
    const flows = (): ReadonlySet<string> => new Set(session.safety.value?.incoming.map(({ flowId }) => flowId));
    let known = flows();
    return session.safety.subscribe(() => {
      const away = !document.hasFocus() || document.visibilityState !== "visible";
      for (const request of session.safety.value?.incoming ?? [])
        if (!known.has(request.flowId) && away && !session.quiet.value && session.settings.value.notifications !== "off")
          showNotification(requestTitle(say, session.safety.value, request), say("notification.request"), request.flowId, () =>
            comeForward(session),
          );
      known = flows();
    });
  }, [session, say]);

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

/** A window that was closed is put away only, and a page cannot show its own. */
function comeForward({ shell }: Session): void {
  void shell.call("comeForward", {});
}

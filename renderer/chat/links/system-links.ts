import type { MatrixLink } from "../../../protocol/matrix-link.ts";
import type { Session } from "../state/session.ts";
import { followLink, isInDialog } from "./follow-link.ts";

/**
 * Follows the link that the system opened the app with. It waits with main until the rooms are here, until somebody is signed in, and until nobody is in a
 * dialog: a link of a stranger's choice takes nothing away that a person is doing. Returns how to stop.
 */
export function followSystemLinks(session: Session): () => void {
  const { shell, app, rooms, view, attachments } = session;
  let held: MatrixLink | null = null;
  let arrived = true;
  let busy = false;
  let stopped = false;

  const isFree = (): boolean => !stopped && app.value.phase === "ready" && rooms.value.loaded && !isInDialog(session);
  const look = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      while (isFree() && (arrived || held !== null)) {
        if (arrived) {
          arrived = false;
          const answer = await shell.call("takeLink", {});
          // The newest wins, as with main.
          if (answer.ok && answer.value !== null) held = answer.value;
        }
        if (held === null) continue;
        const link: MatrixLink = held;
        // Somebody may have opened a dialog while it was looked up where it leads: then it is looked up again.
        if ((await followLink(session, link)) && held === link) held = null;
      }
    } finally {
      busy = false;
    }
  };

  const stops = [app, rooms, view, attachments.staged, attachments.viewed].map((store) => store.subscribe(() => void look()));
  stops.push(
    shell.on("linkArrived", () => {
      arrived = true;
      void look();
    }),
  );
  void look();
  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };
}

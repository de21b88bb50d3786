import { useStore } from "../../ui/store.ts";
import { useSession } from "./session.ts";

/** Whether the rooms of a device that has just signed in are still on their way: until then an empty list says nothing. */
export function useArriving(): boolean {
  const session = useSession();
  const empty = useStore(session.rooms, (rooms) => rooms.order.length === 0 && rooms.invites.length === 0);
  const synced = useStore(session.status, (status) => status !== null && status.sync !== "first");
  // Nothing arrives on a device that is signed out.
  const signedIn = useStore(session.app, (app) => app.phase === "ready");
  return empty && !synced && signedIn;
}

import { useEffect } from "react";
import { useStore } from "../../ui/store.ts";
import type { Session } from "../state/session.ts";
import { followLink } from "./follow-link.ts";

/** Follows the link that the system opened the app with, once the rooms are here to compare it with; main keeps it until then. */
export function useSystemLinks(session: Session): void {
  const loaded = useStore(session.rooms, (rooms) => rooms.loaded);
  useEffect(() => {
    if (!loaded) return undefined;
    const take = async (): Promise<void> => {
      const answer = await session.shell.call("takeLink", {});
      if (answer.ok && answer.value !== null) await followLink(session, answer.value);
    };
    void take();
    return session.shell.on("linkArrived", () => void take());
  }, [session, loaded]);
}

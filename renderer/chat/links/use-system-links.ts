import { useEffect } from "react";
import type { Session } from "../state/session.ts";
import { followSystemLinks } from "./system-links.ts";

/** Follows links of the system while the rooms are on screen. */
export function useSystemLinks(session: Session): void {
  useEffect(() => followSystemLinks(session), [session]);
}

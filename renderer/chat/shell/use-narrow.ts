import { useSyncExternalStore } from "react";

/** Less than the list and a readable column: a window of 1280 at twice its size, say. */
const query = matchMedia("(max-width: 719px)");
const isNarrow = (): boolean => query.matches;

function subscribe(listener: () => void): () => void {
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

/** Whether there is room for the list or for a room, but not for both. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, isNarrow);
}

import { createContext, useContext } from "react";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";

/** What rows can ask for. One object per room, so that passing it down never renders rows again. */
export interface TimelineActions {
  readonly canReact: boolean;
  readonly canPin: boolean;
  isPinned(eventId: string): boolean;
  setPinned(eventId: string, pinned: boolean): void;
  canDelete(item: TimelineItem): boolean;
  reply(item: TimelineItem): void;
  edit(item: TimelineItem): void;
  askDelete(item: TimelineItem): void;
  react(item: TimelineItem, key: string): void;
  copy(item: TimelineItem): void;
  copyLink(eventId: string): void;
  forward(item: TimelineItem & { readonly eventId: string }): void;
  showHistory(eventId: string): void;
  jumpTo(eventId: string): void;
  retry(item: TimelineItem): void;
  cancelSend(item: TimelineItem): void;
  openPerson(userId: string): void;
}

export const ActionsContext = createContext<TimelineActions | null>(null);

export function useActions(): TimelineActions {
  const actions = useContext(ActionsContext);
  if (actions === null) throw new Error("no timeline above this component");
  return actions;
}

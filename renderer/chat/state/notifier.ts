import type { ChatContract } from "../../../protocol/chat.ts";
import type { PayloadOf } from "../../../protocol/define.ts";
import type { Settings } from "../../../protocol/shell.ts";

export type Note = PayloadOf<ChatContract["notification"]>;

/** Whether a notification is due: the settings allow it, and the person is not looking at that room. */
export function decideNotification(
  note: Note,
  settings: Settings,
  looking: { readonly roomId: string | null; readonly focused: boolean },
): boolean {
  if (settings.notifications === "off" || (settings.notifications === "mentions" && !note.mention)) return false;
  return !(looking.focused && looking.roomId === note.roomId);
}

const onScreen = new Set<Notification>();

/** Shown from this page so that message text does not pass through main. A later one with the same tag takes its place. */
export function showNotification(title: string, body: string, tag: string, onClick: () => void): void {
  if (!("Notification" in window) || Notification.permission === "denied") return;
  const shown = new Notification(title, { body, tag });
  onScreen.add(shown);
  shown.addEventListener("close", () => onScreen.delete(shown));
  shown.addEventListener("click", () => {
    window.focus();
    shown.close();
    onClick();
  });
}

/** Takes back what is still on the system's screen: it may quote messages. */
export function closeNotifications(): void {
  for (const shown of onScreen) shown.close();
  onScreen.clear();
}

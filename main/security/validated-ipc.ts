import { ipcMain, type IpcMainEvent, type WebContents } from "electron";
import { isPageAddress, type PageKind } from "./page-file.ts";

/**
 * The only place where messages of a page are listened to. One counts only if it comes from the main frame of the very window that it is
 * supposed to come from, and that frame shows our page.
 */
export function onPageMessage(channel: string, contents: WebContents, kind: PageKind, listener: (message: unknown) => void): () => void {
  const receive = (event: IpcMainEvent, message: unknown): void => {
    if (event.sender.id === contents.id && isOwnPage(event, kind)) listener(message);
  };
  ipcMain.on(channel, receive);
  return () => ipcMain.removeListener(channel, receive);
}

function isOwnPage(event: IpcMainEvent, kind: PageKind): boolean {
  const frame = event.senderFrame;
  // A frame that is gone has no address to check.
  return frame !== null && frame.parent === null && isPageAddress(kind, frame.url);
}

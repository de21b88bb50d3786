import { EventEmitter } from "node:events";
import type { MessagePortMain } from "./message-port.ts";
import type { WebContents } from "./web-contents.ts";
import type { WebFrameMain } from "./web-frame-main.ts";

export type IpcMainEvent = {
  readonly type: "frame";
  readonly sender: WebContents;
  readonly senderFrame: WebFrameMain;
  readonly frameId: number;
  readonly processId: number;
  readonly ports: readonly MessagePortMain[];
  readonly reply: (channel: string, ...args: unknown[]) => void;
  returnValue: unknown;
};
export type IpcMainInvokeEvent = Omit<IpcMainEvent, "ports" | "reply" | "returnValue">;
type Handler = (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown;

/** The module `ipcMain`, and `webContents.ipc`. */
export class IpcMain extends EventEmitter {
  readonly #handlers = new Map<string, { handler: Handler; once: boolean }>();

  handle(channel: string, handler: Handler): void {
    this.#add(channel, handler, false);
  }

  handleOnce(channel: string, handler: Handler): void {
    this.#add(channel, handler, true);
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel);
  }

  /** Used by the host: the handler for a call, or undefined. */
  takeHandler(channel: string): Handler | undefined {
    const entry = this.#handlers.get(channel);
    if (entry?.once === true) this.#handlers.delete(channel);
    return entry?.handler;
  }

  #add(channel: string, handler: Handler, once: boolean): void {
    if (this.#handlers.has(channel)) throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, { handler, once });
  }
}

export const ipcMain = new IpcMain();

import type { CdpSession } from "./cdp.ts";
import { codec } from "./codec.ts";
import { DocumentLink } from "./document-link.ts";
import { IpcMain, ipcMain, type IpcMainEvent } from "./ipc-main.ts";
import { takeEnd, wrapEnds, type PortEnd } from "./message-port.ts";
import type { ToHost, ToPage } from "./page-wire.ts";
import { preloadBinding, preloadWorld } from "./preload-script.ts";
import { noteTraffic } from "./traffic.ts";
import type { WebContents } from "./web-contents.ts";

type Outgoing = { readonly ends: readonly PortEnd[]; readonly make: (ids: readonly string[]) => ToPage };

/** What a document tells the host that is no message to the app. */
export type PageNotice = Exclude<ToHost, { readonly t: "hello" | "send" | "post" | "invoke" | "port-message" | "port-close" }>;

export type PageIpcOptions = {
  readonly page: WebContents;
  /** A new document hears from now on. */
  readonly greeted: () => void;
  readonly noticed: (notice: PageNotice) => void;
};

/** The messages between the app and the preload of whatever document a page shows. They wait while there is none, and its ports close with it. */
export class PageIpc {
  /** `webContents.ipc`. */
  readonly handlers = new IpcMain();
  /** The host of the page's address, for whoever listens in. */
  name = "page";
  readonly #options: PageIpcOptions;
  /** The preload worlds of the main frame. */
  readonly #contexts = new Set<number>();
  #session: CdpSession | undefined;
  #link: DocumentLink | undefined;
  #unsent: Outgoing[] = [];
  #closed = false;

  constructor(options: PageIpcOptions) {
    this.#options = options;
  }

  attach(session: CdpSession, mainFrameId: string): void {
    this.#session = session;
    session.on("Runtime.bindingCalled", ({ name, payload, executionContextId }) => {
      if (name !== preloadBinding) return;
      noteTraffic(this.name, payload);
      this.#receive(executionContextId, codec.decode(payload) as ToHost);
    });
    session.on("Runtime.executionContextCreated", ({ context }) => {
      const { frameId } = context.auxData as { frameId?: string };
      if (context.name === preloadWorld && frameId === mainFrameId) this.#contexts.add(context.id);
    });
    session.on("Runtime.executionContextDestroyed", ({ executionContextId }) => {
      this.#contexts.delete(executionContextId);
      if (this.#link?.contextId === executionContextId) this.#dropLink();
    });
    session.on("Runtime.executionContextsCleared", () => this.forgetDocument());
  }

  send(channel: string, args: readonly unknown[]): void {
    this.#post({ ends: [], make: () => ({ t: "message", channel, args, ports: [] }) });
  }

  postMessage(channel: string, message: unknown, transfer: readonly unknown[]): void {
    const ends = transfer.map(takeEnd);
    this.#post({ ends, make: (ports) => ({ t: "message", channel, args: [message], ports }) });
  }

  /** To the document that is there now, if there is one. */
  tell(message: ToPage): void {
    this.#link?.post(message);
  }

  /** The document is gone, with its ports. */
  forgetDocument(): void {
    this.#contexts.clear();
    this.#dropLink();
  }

  close(): void {
    this.#closed = true;
    this.#dropLink();
    for (const { ends } of this.#unsent.splice(0)) for (const end of ends) end.close();
  }

  #post(outgoing: Outgoing): void {
    if (this.#closed) {
      for (const end of outgoing.ends) end.close();
      return;
    }
    if (this.#link === undefined) this.#unsent.push(outgoing);
    else this.#link.postWithPorts(outgoing.ends, outgoing.make);
  }

  #receive(contextId: number, message: ToHost): void {
    if (!this.#contexts.has(contextId)) return;
    if (message.t === "hello") return this.#onHello(contextId);
    const link = this.#link;
    if (link?.contextId !== contextId) return;
    switch (message.t) {
      case "send":
        return this.#deliver(message.channel, message.args, []);
      case "post":
        return this.#deliver(message.channel, [message.message], link.receivePorts(message.ports));
      case "invoke":
        void this.#invoke(link, message);
        return;
      case "port-message":
      case "port-close":
        return link.receive(message);
      default:
        return this.#options.noticed(message);
    }
  }

  #onHello(contextId: number): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#dropLink();
    this.#link = new DocumentLink(session, contextId, this.name);
    this.#options.greeted();
    for (const outgoing of this.#unsent.splice(0)) this.#post(outgoing);
  }

  #deliver(channel: string, args: readonly unknown[], ends: readonly PortEnd[]): void {
    const { page } = this.#options;
    const event: IpcMainEvent = {
      ...this.#sender(),
      ports: wrapEnds(ends),
      reply: (replyChannel, ...replyArgs) => page.send(replyChannel, ...replyArgs),
      returnValue: undefined,
    };
    page.emit("ipc-message", event, channel, ...args);
    this.handlers.emit(channel, event, ...args);
    ipcMain.emit(channel, event, ...args);
  }

  async #invoke(link: DocumentLink, { id, channel, args }: Extract<ToHost, { t: "invoke" }>): Promise<void> {
    try {
      const handler = this.handlers.takeHandler(channel) ?? ipcMain.takeHandler(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      link.post({ t: "answer", id, ok: true, value: await handler(this.#sender(), ...args) });
    } catch (error) {
      const shown = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      console.error(
        `Error occurred in handler for '${channel}': ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      link.post({ t: "answer", id, ok: false, value: `Error invoking remote method '${channel}': ${shown}` });
    }
  }

  #sender(): Pick<IpcMainEvent, "type" | "sender" | "senderFrame" | "frameId" | "processId"> {
    const { page } = this.#options;
    return { type: "frame", sender: page, senderFrame: page.mainFrame, frameId: page.mainFrame.routingId, processId: page.id };
  }

  #dropLink(): void {
    this.#link?.close();
    this.#link = undefined;
  }
}

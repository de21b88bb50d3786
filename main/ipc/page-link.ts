import { MessageChannelMain, type MessagePortMain, type WebContents } from "electron";
import { z } from "zod";
import type { Contract } from "../../protocol/define.ts";
import { ipcChannels } from "../../protocol/ipc-channels.ts";
import { type Channel, type Handlers, serve, type Server } from "../../protocol/rpc.ts";
import type { Log } from "../logging/log.ts";
import type { PageKind } from "../security/page-file.ts";
import { onPageMessage } from "../security/validated-ipc.ts";

const nonceSchema = z.strictObject({ nonce: z.string().regex(/^[0-9a-f]{32}$/) });

export type PageLinkDeps<C extends Contract> = {
  readonly contents: WebContents;
  readonly kind: PageKind;
  readonly contract: C;
  readonly handlers: Handlers<C>;
  /** Gives the worker its end of a new port. False where there is no worker now. */
  readonly handOver: (port: MessagePortMain) => Promise<boolean>;
  readonly log: Log;
};

/**
 * What connects one window with main: the shell contract over ipc, and the hand-over of its port to the worker. Every load of the page starts
 * with a hello and gets a fresh link, so that nothing of the page before it (calls under way, its port) outlives it.
 */
export class PageLink<C extends Contract> {
  readonly #deps: PageLinkDeps<C>;
  readonly #unlisten: (() => void)[];
  #server: Server<C> | undefined;
  #receive: ((message: unknown) => void) | undefined;
  #nonce: string | undefined;
  /** Whether the page's own scripts run, so that a port would be heard. */
  #wantsPort = false;

  constructor(deps: PageLinkDeps<C>) {
    this.#deps = deps;
    const { contents, kind } = deps;
    this.#unlisten = [
      onPageMessage(ipcChannels.hello, contents, kind, (message) => this.#hello(message)),
      onPageMessage(ipcChannels.rpc, contents, kind, (message) => this.#receive?.(message)),
      onPageMessage(ipcChannels.wantPort, contents, kind, (message) => this.#portWanted(message)),
    ];
    contents.once("destroyed", () => this.close());
  }

  /** To the page, if it is there. */
  emit: Server<C>["emit"] = (name, payload) => this.#server?.emit(name, payload);

  /** A new worker: the old port is dead, so the page gets another. */
  async givePort(): Promise<void> {
    const nonce = this.#nonce;
    if (!this.#wantsPort || nonce === undefined) return;
    const { port1, port2 } = new MessageChannelMain();
    const taken = await this.#deps.handOver(port1);
    if (!taken || this.#nonce !== nonce || this.#deps.contents.isDestroyed()) return port2.close();
    this.#deps.contents.postMessage(ipcChannels.port, { kind: this.#deps.kind, nonce }, [port2]);
  }

  close(): void {
    for (const stop of this.#unlisten.splice(0)) stop();
    this.#server?.close();
    this.#server = undefined;
    this.#receive = undefined;
    this.#nonce = undefined;
  }

  #hello(message: unknown): void {
    const hello = nonceSchema.safeParse(message);
    if (!hello.success) return;
    this.#server?.close();
    this.#nonce = hello.data.nonce;
    this.#wantsPort = false;
    const { contents, kind, contract, handlers, log } = this.#deps;
    const channel: Channel = {
      post: (reply) => {
        if (!contents.isDestroyed()) contents.send(ipcChannels.rpc, reply);
      },
      onMessage: (listener) => {
        this.#receive = (request) => listener(request, []);
      },
      // The link itself closes the server; a window that is gone closes the link.
      onClose: () => undefined,
      close: () => undefined,
    };
    this.#server = serve(contract, handlers, channel, { onBug: (method, error) => log.bug("shell.bug", error, { kind, method }) });
  }

  #portWanted(message: unknown): void {
    const wanted = nonceSchema.safeParse(message);
    if (!wanted.success || wanted.data.nonce !== this.#nonce) return;
    this.#wantsPort = true;
    void this.givePort();
  }
}

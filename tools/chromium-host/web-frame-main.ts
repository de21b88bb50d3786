import { appOrigin } from "./app-origin.ts";
import type { WebContents } from "./web-contents.ts";

/** The main frame of a page, as `event.senderFrame` and `webContents.mainFrame` give it. */
export class WebFrameMain {
  readonly routingId = 1;
  readonly parent = null;
  readonly frames: readonly WebFrameMain[] = [];
  readonly name = "";
  readonly #owner: WebContents;

  constructor(owner: WebContents) {
    this.#owner = owner;
  }

  get url(): string {
    return this.#owner.getURL();
  }

  get origin(): string {
    return appOrigin(this.url);
  }

  get processId(): number {
    return this.#owner.getProcessId();
  }

  get top(): WebFrameMain {
    return this;
  }

  get framesInSubtree(): readonly WebFrameMain[] {
    return [this];
  }

  isDestroyed(): boolean {
    return this.#owner.isDestroyed();
  }

  send(channel: string, ...args: unknown[]): void {
    this.#owner.send(channel, ...args);
  }

  postMessage(channel: string, message: unknown, transfer: readonly unknown[] = []): void {
    this.#owner.postMessage(channel, message, transfer);
  }

  executeJavaScript(code: string): Promise<unknown> {
    return this.#owner.executeJavaScript(code);
  }
}

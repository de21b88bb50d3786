import type { ChatContract } from "../../../protocol/chat.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import type { Viewed } from "./attachments.ts";
import { receiveFile, type Received } from "./receive-file.ts";

export type Loaded = { readonly received: Received; readonly url: string } | { readonly error: ErrorCode } | null;

/** The file that is looked at, as a blob of this page for as long as that lasts. */
export class ViewedFile {
  readonly loaded = new Store<Loaded>(null);
  readonly #link: WorkerLink<ChatContract>;
  readonly #viewed: Viewed;
  #controller: AbortController | undefined;

  constructor(link: WorkerLink<ChatContract>, viewed: Viewed) {
    this.#link = link;
    this.#viewed = viewed;
  }

  /** Also once more, after it has failed. */
  load(): void {
    this.drop();
    const controller = new AbortController();
    this.#controller = controller;
    void this.#load(controller.signal);
  }

  drop(): void {
    this.#controller?.abort();
    if (this.loaded.value !== null && "url" in this.loaded.value) URL.revokeObjectURL(this.loaded.value.url);
    this.loaded.set(null);
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { roomId, item } = this.#viewed;
    const answer = await receiveFile(this.#link, { roomId, id: item.eventId ?? item.id, part: "file" }, signal);
    if (signal.aborted) return;
    this.loaded.set(answer.ok ? { received: answer.value, url: URL.createObjectURL(answer.value.blob) } : { error: answer.error });
  }
}

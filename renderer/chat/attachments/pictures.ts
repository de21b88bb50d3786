import type { ChatContract } from "../../../protocol/chat.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { MAX_PREVIEW_BYTES } from "../../../protocol/messages/media.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import { receiveFile } from "./receive-file.ts";
import type { MediaItem } from "./media-item.ts";

export type Picture =
  | { readonly state: "loading" }
  | { readonly state: "shown"; readonly url: string }
  | { readonly state: "failed"; readonly code: ErrorCode };

const LOADING: Picture = { state: "loading" };
const MAX_KEPT = 120;
const AT_ONCE = 4;

/** What is small enough to be shown without being asked for. */
export function hasPreview({ content }: MediaItem): boolean {
  if (!content.available) return false;
  if (content.hasThumbnail) return content.msgtype === "image" || content.msgtype === "video";
  return content.msgtype === "image" && content.size !== null && content.size <= MAX_PREVIEW_BYTES;
}

/** Small pictures of the timeline, by item: each is asked for once, and the ones seen last are kept. */
export class Pictures {
  readonly #link: WorkerLink<ChatContract>;
  /** In the order in which they were asked for. */
  readonly #known = new Map<string, Store<Picture>>();
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = 0;

  constructor(link: WorkerLink<ChatContract>) {
    this.#link = link;
  }

  of(roomId: string, item: MediaItem): Store<Picture> {
    const known = this.#known.get(item.id);
    if (known !== undefined) return known;
    const store = new Store<Picture>(LOADING);
    this.#known.set(item.id, store);
    this.#queue(roomId, item, store);
    this.#forgetOldest();
    return store;
  }

  retry(roomId: string, item: MediaItem): void {
    const store = this.#known.get(item.id);
    if (store === undefined || store.value.state !== "failed") return;
    store.set(LOADING);
    this.#queue(roomId, item, store);
  }

  clear(): void {
    for (const store of this.#known.values()) release(store);
    this.#known.clear();
    this.#waiting.length = 0;
  }

  #queue(roomId: string, item: MediaItem, store: Store<Picture>): void {
    this.#waiting.push(() => this.#load(roomId, item, store));
    this.#next();
  }

  #next(): void {
    if (this.#running >= AT_ONCE) return;
    // What was asked for last is on screen now.
    const work = this.#waiting.pop();
    if (work === undefined) return;
    this.#running++;
    void work().finally(() => {
      this.#running--;
      this.#next();
    });
  }

  async #load(roomId: string, item: MediaItem, store: Store<Picture>): Promise<void> {
    const part = item.content.hasThumbnail ? "thumbnail" : "file";
    const wanted = { roomId, id: item.eventId ?? item.id, part, maxBytes: MAX_PREVIEW_BYTES } as const;
    let answer = await receiveFile(this.#link, wanted);
    // One's own leaves the place where it waits for its upload, also while it is read there: by now it is on the server.
    if (!answer.ok && item.send !== null) answer = await receiveFile(this.#link, wanted);
    // Forgotten in the meantime: nobody looks at it any more.
    if (this.#known.get(item.id) !== store) return;
    // Whatever the message calls it: only what the worker has found to be a picture is drawn.
    if (answer.ok && answer.value.blob.type.startsWith("image/"))
      store.set({ state: "shown", url: URL.createObjectURL(answer.value.blob) });
    else store.set({ state: "failed", code: answer.ok ? "unsupported" : answer.error });
  }

  #forgetOldest(): void {
    for (const [id, store] of this.#known) {
      if (this.#known.size <= MAX_KEPT) return;
      this.#known.delete(id);
      release(store);
    }
  }
}

function release(store: Store<Picture>): void {
  if (store.value.state === "shown") URL.revokeObjectURL(store.value.url);
}

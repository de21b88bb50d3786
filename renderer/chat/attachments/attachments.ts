import type { ChatContract } from "../../../protocol/chat.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { Transfer } from "../../../protocol/messages/media.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import type { MediaItem } from "./media-item.ts";
import { Pictures } from "./pictures.ts";
import { receiveFile } from "./receive-file.ts";

/** Files that were chosen, and wait for a person to say that they are to be sent. */
export type Staged = { readonly roomId: string; readonly files: readonly StagedFile[] };
/** `url`: a picture of it, where the page can draw one. */
export type StagedFile = { readonly file: File; readonly url: string | null };
export type Viewed = { readonly roomId: string; readonly item: MediaItem };
/** A file that is being saved, or could not be. */
export type Save = { readonly controller: AbortController; readonly error: ErrorCode | null };

const KEEP_URL_MS = 60_000;

/** What the page knows of files in messages. */
export class Attachments {
  readonly staged = new Store<Staged | null>(null);
  readonly viewed = new Store<Viewed | null>(null);
  readonly transfers = new Store<readonly Transfer[]>([]);
  /** By item. */
  readonly saves = new Store<ReadonlyMap<string, Save>>(new Map());
  readonly pictures: Pictures;
  readonly #link: WorkerLink<ChatContract>;

  constructor(link: WorkerLink<ChatContract>) {
    this.#link = link;
    this.pictures = new Pictures(link);
  }

  /** Adds to what waits for the same room already. */
  stage(roomId: string, files: readonly File[]): void {
    if (files.length === 0) return;
    const before = this.staged.value?.roomId === roomId ? this.staged.value.files : [];
    const added = files.map((file) => ({ file, url: isDrawn(file) ? URL.createObjectURL(file) : null }));
    this.keepStaged(roomId, [...before, ...added]);
  }

  /** Forgets the others; without any the dialog closes. */
  keepStaged(roomId: string, files: readonly StagedFile[]): void {
    for (const { url } of this.staged.value?.files ?? []) {
      if (url !== null && !files.some((kept) => kept.url === url)) URL.revokeObjectURL(url);
    }
    this.staged.set(files.length === 0 ? null : { roomId, files });
  }

  /** Has the browser ask where to, once all of it is here. */
  async save(roomId: string, item: MediaItem): Promise<void> {
    const running = this.saves.value.get(item.id);
    if (running !== undefined && running.error === null) return;
    const controller = new AbortController();
    this.#setSave(item.id, { controller, error: null });
    const answer = await receiveFile(this.#link, { roomId, id: item.eventId ?? item.id, part: "file" }, controller.signal);
    if (controller.signal.aborted) return this.#setSave(item.id, null);
    if (!answer.ok) return this.#setSave(item.id, { controller, error: answer.error });
    this.#setSave(item.id, null);
    saveBlob(answer.value.blob, answer.value.name);
  }

  cancelSave(item: MediaItem): void {
    this.saves.value.get(item.id)?.controller.abort();
    this.#setSave(item.id, null);
  }

  clear(): void {
    for (const { controller } of this.saves.value.values()) controller.abort();
    this.keepStaged("", []);
    this.viewed.set(null);
    this.transfers.set([]);
    this.saves.set(new Map());
    this.pictures.clear();
  }

  #setSave(itemId: string, save: Save | null): void {
    this.saves.update((saves) => {
      const next = new Map(saves);
      if (save === null) next.delete(itemId);
      else next.set(itemId, save);
      return next;
    });
  }
}

const DRAWN: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
const MAX_DRAWN_BYTES = 64_000_000;

const isDrawn = (file: File): boolean => DRAWN.has(file.type) && file.size <= MAX_DRAWN_BYTES;

/** SECURITY: goes from this page to the file; main only lets downloads of the page's own blobs happen. */
export function saveBlob(blob: Blob, name: string): void {
  // As a download only: no type of it makes the browser open it.
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_URL_MS);
}

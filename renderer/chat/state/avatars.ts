import type { ChatContract } from "../../../protocol/chat.ts";
import type { AvatarSource } from "../../ui/avatar-source.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";

const MAX_PICTURES = 500;
const SIZE = 96;

/** Pictures by address, each asked for once, as object URLs of bytes that the worker has checked. */
export class Avatars implements AvatarSource {
  readonly #link: WorkerLink<ChatContract>;
  readonly #urls = new Map<string, string | null>();
  readonly #listeners = new Set<() => void>();

  constructor(link: WorkerLink<ChatContract>) {
    this.#link = link;
  }

  picture(mxc: string): string | null {
    const known = this.#urls.get(mxc);
    if (known !== undefined) return known;
    this.#urls.set(mxc, null);
    void this.#load(mxc);
    return null;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  clear(): void {
    for (const url of this.#urls.values()) if (url !== null) URL.revokeObjectURL(url);
    this.#urls.clear();
  }

  async #load(mxc: string): Promise<void> {
    const answer = await this.#link.call("avatar", { mxc, size: SIZE });
    // Cleared in the meantime: nobody asks for it any more.
    if (!answer.ok || !this.#urls.has(mxc)) return;
    const [oldest] = this.#urls;
    if (this.#urls.size > MAX_PICTURES && oldest !== undefined) {
      this.#urls.delete(oldest[0]);
      if (oldest[1] !== null) URL.revokeObjectURL(oldest[1]);
    }
    const bytes = new Uint8Array(answer.value.bytes);
    this.#urls.set(mxc, URL.createObjectURL(new Blob([bytes], { type: answer.value.mimetype })));
    for (const listener of this.#listeners) listener();
  }
}

import type { ChatContract } from "../../../protocol/chat.ts";
import { RECENT_EMOJI } from "../../../protocol/messages/emoji.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";

/** What was picked lately comes first in the picker. The worker keeps it in the encrypted store; the page forgets it with the lock, as everything. */
export class RecentEmoji {
  readonly glyphs = new Store<readonly string[]>([]);
  readonly #link: Pick<WorkerLink<ChatContract>, "call">;
  /** Counts the locks: an answer to a question from before one is nobody's. */
  #epoch = 0;

  constructor(link: Pick<WorkerLink<ChatContract>, "call">) {
    this.#link = link;
  }

  remember(glyph: string): void {
    this.glyphs.update((now) => newest([glyph, ...now]));
    void this.#link.call("noteEmoji", { emoji: glyph });
  }

  /** What was picked while the answer was on its way is newer than it. */
  async load(): Promise<void> {
    const epoch = this.#epoch;
    const answer = await this.#link.call("recentEmoji", {});
    if (answer.ok && epoch === this.#epoch) this.glyphs.update((now) => newest([...now, ...answer.value]));
  }

  clear(): void {
    this.#epoch += 1;
    this.glyphs.set([]);
  }
}

const newest = (glyphs: readonly string[]): readonly string[] => [...new Set(glyphs)].slice(0, RECENT_EMOJI);

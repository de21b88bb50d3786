import { emojiSchema, RECENT_EMOJI } from "../../protocol/messages/emoji.ts";
import { isJsonObject, parseJsonObject, stringArrayField } from "../wire/json.ts";
import type { ClientContext } from "./context.ts";

const NAME = "recent-emoji";
const LIMITS = { maxBytes: 1 << 14, maxDepth: 2 };

/** Which emoji were picked lately, in the encrypted store: they say something of what was written. */
export class RecentEmoji {
  readonly #context: Pick<ClientContext, "store">;

  constructor(context: Pick<ClientContext, "store">) {
    this.#context = context;
  }

  /** The last one first. */
  all(): string[] {
    const bytes = this.#context.store.customValues.load(NAME);
    const json = bytes === undefined ? undefined : parseJsonObject(Buffer.from(bytes).toString("utf8"), LIMITS);
    const kept = json?.ok === true && isJsonObject(json.value) ? (stringArrayField(json.value, "emoji") ?? []) : [];
    return kept.filter((emoji) => emojiSchema.safeParse(emoji).success).slice(0, RECENT_EMOJI);
  }

  note(emoji: string): void {
    const { store } = this.#context;
    store.transaction(() => {
      const others = this.all().filter((other) => other !== emoji);
      const text = JSON.stringify({ emoji: [emoji, ...others].slice(0, RECENT_EMOJI) });
      store.customValues.save(NAME, Buffer.from(text));
    });
  }
}

import type { Store } from "../../ui/store.ts";

const KEPT = 16;

/** What was picked lately comes first in the picker; forgotten with the account and the lock, as everything on the page. */
export function rememberEmoji(recent: Store<readonly string[]>, glyph: string): void {
  recent.update((now) => [glyph, ...now.filter((other) => other !== glyph)].slice(0, KEPT));
}

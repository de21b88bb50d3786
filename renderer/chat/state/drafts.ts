import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Store } from "../../ui/store.ts";

export type Draft = {
  readonly text: string;
  /** The message that is answered or edited; it is kept here while it scrolls away. */
  readonly mode: { readonly kind: "new" } | { readonly kind: "reply" | "edit"; readonly item: TimelineItem };
  /** People picked from the list, by the text that stands for them, to be told that they are meant. */
  readonly mentions: ReadonlyMap<string, string>;
};

export const NO_DRAFT: Draft = { text: "", mode: { kind: "new" }, mentions: new Map() };

/** What is half written, by room. In memory only: on disk it would be plaintext outside of the encrypted store. */
export class Drafts {
  readonly #byRoom = new Map<string, Store<Draft>>();

  of(roomId: string): Store<Draft> {
    const known = this.#byRoom.get(roomId);
    if (known !== undefined) return known;
    const fresh = new Store(NO_DRAFT);
    this.#byRoom.set(roomId, fresh);
    return fresh;
  }

  clear(): void {
    this.#byRoom.clear();
  }
}

/** Starts answering a message; what is already typed stays. */
export function replyTo(draft: Draft, item: TimelineItem): Draft {
  return { ...draft, text: draft.mode.kind === "edit" ? "" : draft.text, mode: { kind: "reply", item } };
}

/** Starts editing a message of ours: its text comes into the field. */
export function editItem(draft: Draft, item: TimelineItem): Draft {
  return item.content.kind === "message" ? { text: item.content.body, mode: { kind: "edit", item }, mentions: new Map() } : draft;
}

/** Leaves answering or editing. The text of an edit goes with it, that of an answer stays. */
export function leaveMode(draft: Draft): Draft {
  return draft.mode.kind === "edit" ? NO_DRAFT : { ...draft, mode: { kind: "new" } };
}

/** Who is still mentioned in the text. */
export function mentionedUsers(draft: Draft): string[] {
  return [...draft.mentions].filter(([text]) => draft.text.includes(text)).map(([, userId]) => userId);
}

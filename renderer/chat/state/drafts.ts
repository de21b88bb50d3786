import type { ChatContract } from "../../../protocol/chat.ts";
import type { Draft as SavedDraft, KeptDraft } from "../../../protocol/messages/draft.ts";
import { MAX_BODY_CHARS } from "../../../protocol/messages/text.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";

export type Draft = {
  readonly text: string;
  /** The message that is answered or edited; it is kept here while it scrolls away. */
  readonly mode: { readonly kind: "new" } | { readonly kind: "reply" | "edit"; readonly item: TimelineItem };
  /** People picked from the list, by the text that stands for them, to be told that they are meant. */
  readonly mentions: ReadonlyMap<string, string>;
};

export const NO_DRAFT: Draft = { text: "", mode: { kind: "new" }, mentions: new Map() };

/** So much of what was typed last is lost with a crash. */
const SAVE_AFTER_MS = 400;
/** As many as the worker takes; nobody is told of more. */
const MAX_MENTIONS = 100;
const MAX_MENTION_CHARS = 1100;

/**
 * What is half written, by room. The worker keeps it in the encrypted store, so that it is there again after a lock or a crash; here it is in memory only.
 */
export class Drafts {
  readonly #link: Pick<WorkerLink<ChatContract>, "call" | "connected">;
  readonly #byRoom = new Map<string, Store<Draft>>();
  /** Rooms that the worker could not be asked about yet. */
  readonly #unknown = new Set<string>();
  readonly #unsaved = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Pick<WorkerLink<ChatContract>, "call" | "connected">) {
    this.#link = link;
  }

  of(roomId: string): Store<Draft> {
    const known = this.#byRoom.get(roomId);
    if (known !== undefined) return known;
    const fresh = new Store(NO_DRAFT);
    this.#byRoom.set(roomId, fresh);
    fresh.subscribe(() => this.#saveLater(roomId, fresh));
    void this.#load(roomId, fresh);
    return fresh;
  }

  /** Has the worker keep what it does not have yet: before it goes, and once there is a new one. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Without a worker a call would wait, and hold what was typed over a lock.
    if (!this.#link.connected) return;
    const rooms = [...this.#unsaved];
    this.#unsaved.clear();
    await Promise.all(rooms.map((roomId) => this.#save(roomId)));
  }

  /** A new worker has taken over: asks it what the one before did not answer, and tells it what that one did not hear. */
  async resume(): Promise<void> {
    // Told first, so that what was sent or thrown away meanwhile does not come back as the answer.
    await this.save();
    const unknown = [...this.#unknown].flatMap((roomId) => {
      const store = this.#byRoom.get(roomId);
      return store === undefined ? [] : [this.#load(roomId, store)];
    });
    await Promise.all(unknown);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unsaved.clear();
    this.#unknown.clear();
    this.#byRoom.clear();
  }

  async #load(roomId: string, store: Store<Draft>): Promise<void> {
    this.#unknown.add(roomId);
    if (!this.#link.connected) return;
    const answer = await this.#link.call("draft", { roomId });
    if (!answer.ok || this.#byRoom.get(roomId) !== store) return;
    this.#unknown.delete(roomId);
    // What was typed in the meantime is newer.
    if (answer.value === null || store.value !== NO_DRAFT) return;
    store.set(keptDraft(answer.value));
    this.#unsaved.delete(roomId);
  }

  #saveLater(roomId: string, store: Store<Draft>): void {
    // From before everything was dropped: it says nothing about what was kept.
    if (this.#byRoom.get(roomId) !== store) return;
    this.#unsaved.add(roomId);
    this.#timer ??= setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  async #save(roomId: string): Promise<void> {
    const store = this.#byRoom.get(roomId);
    if (store === undefined) return;
    const answer = await this.#link.call("saveDraft", { roomId, draft: savedDraft(store.value) });
    // A worker that is gone, or whose store is not open yet: its successor is told, or it is told later.
    if (!answer.ok && this.#byRoom.get(roomId) === store) this.#unsaved.add(roomId);
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
  return stillMentioned(draft).map(([, userId]) => userId);
}

function stillMentioned({ text, mentions }: Draft): [text: string, userId: string][] {
  return [...mentions].filter(([mention]) => text.includes(mention));
}

function keptDraft({ text, about, mentions }: KeptDraft): Draft {
  return {
    text,
    // The same one as before, where it is new: another would lead the focus into the field.
    mode: about ?? NO_DRAFT.mode,
    mentions: new Map(mentions.map((mention) => [mention.text, mention.userId])),
  };
}

/** Null where there is nothing worth keeping. Of a text that is too long to be sent, what could be sent is kept. */
function savedDraft(draft: Draft): SavedDraft | null {
  const { text, mode } = draft;
  const about = mode.kind === "new" || mode.item.eventId === null ? null : { kind: mode.kind, eventId: mode.item.eventId };
  if (text.trim() === "" && about === null) return null;
  const mentions = stillMentioned(draft).filter(([mention]) => mention.length <= MAX_MENTION_CHARS);
  return {
    text: text.slice(0, MAX_BODY_CHARS),
    about,
    mentions: mentions.slice(0, MAX_MENTIONS).map(([mention, userId]) => ({ text: mention, userId })),
  };
}

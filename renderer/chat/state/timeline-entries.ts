import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import type { Items } from "./timeline-items.ts";

/** What is drawn between an entry and the one before it. */
type Above = {
  /** Start of the local day, where a day begins here. */
  readonly day: number | null;
  /** The line above the first message that had not been read. */
  readonly newLine: boolean;
};

export type Entry =
  | (Above & {
      readonly kind: "message";
      readonly key: string;
      readonly item: TimelineItem;
      /** Shows who wrote, with avatar: the first of a group. */
      readonly head: boolean;
      /** Shows the time: the first of its minute in the group. */
      readonly minute: boolean;
    })
  | (Above & { readonly kind: "state"; readonly key: string; readonly item: TimelineItem })
  /** Several changes of who is here, folded into one line. */
  | (Above & { readonly kind: "run"; readonly key: string; readonly items: readonly TimelineItem[] })
  | { readonly kind: "intro"; readonly key: "intro"; readonly day: null; readonly newLine: false };

const GROUP_GAP_MS = 5 * 60_000;
const RUN_LENGTH = 3;

type Options = {
  readonly reachedStart: boolean;
  readonly readUpTo: string | null;
  /** Items that were the oldest one when they were loaded: each stays the head of a group, whoever wrote what came in front of it later. */
  readonly pageStarts: ReadonlySet<string>;
};

/**
 * Turns items into what is drawn: groups by sender and minute, day separators, folded runs of membership changes, the new-message line.
 * Keys and heights stay the same when older items are put in front, so that the list keeps its anchor: nothing is grouped across a page's start, and the
 * day is not written above the oldest item while it is unknown what lies before it.
 */
export function entriesOf(items: Items, { reachedStart, readUpTo, pageStarts }: Options): readonly Entry[] {
  const entries: Entry[] = reachedStart ? [{ kind: "intro", key: "intro", day: null, newLine: false }] : [];
  const firstNew = firstNewIndex(items, readUpTo);
  let previous: TimelineItem | null = null;
  let previousDay = Number.NaN;
  let groupStart = 0;

  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item === undefined) break;
    const day = startOfDay(item.at);
    const isOpenEnd = i === 0 && !reachedStart;
    const above: Above = { day: day === previousDay || isOpenEnd ? null : day, newLine: i === firstNew };
    previousDay = day;

    if (item.content.kind === "membership") {
      const end = runEnd(items, i, firstNew, day, pageStarts);
      if (end - i >= RUN_LENGTH) {
        const run = items.slice(i, end);
        entries.push({ kind: "run", key: `run:${run[run.length - 1]?.id ?? item.id}`, items: run, ...above });
        previous = null;
        i = end - 1;
        continue;
      }
    }
    if (!isMessage(item)) {
      entries.push({ kind: "state", key: item.id, item, ...above });
      previous = null;
      continue;
    }
    const head: boolean =
      previous === null ||
      pageStarts.has(item.id) ||
      above.day !== null ||
      above.newLine ||
      previous.sender !== item.sender ||
      item.at - groupStart > GROUP_GAP_MS;
    if (head) groupStart = item.at;
    const minute = head || previous === null || minuteOf(previous.at) !== minuteOf(item.at);
    entries.push({ kind: "message", key: item.id, item, head, minute, ...above });
    previous = item;
  }
  return entries;
}

export function isMessage(item: TimelineItem): boolean {
  switch (item.content.kind) {
    case "message":
    case "media":
    case "poll":
    case "undecryptable":
    case "redacted":
    case "unsupported":
      return true;
    case "membership":
    case "created":
    case "encryption-enabled":
    case "name-changed":
    case "topic-changed":
    case "avatar-changed":
    case "pins-changed":
    case "verification":
      return false;
  }
}

/** The items that an entry draws. */
export function itemsOf(entry: Entry): readonly TimelineItem[] {
  switch (entry.kind) {
    case "intro":
      return [];
    case "run":
      return entry.items;
    case "message":
    case "state":
      return [entry.item];
  }
}

/** How many entries were put in front of the list; 0 when none were. */
export function prependedCount(before: readonly Entry[], after: readonly Entry[]): number {
  const anchor = before.find((entry) => entry.kind !== "intro");
  if (anchor === undefined) return 0;
  const from = before.indexOf(anchor);
  const to = after.findIndex((entry) => entry.key === anchor.key);
  return to < 0 ? 0 : Math.max(0, to - from);
}

function startOfDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Index of the first message of someone else after the one that was read; -1 without one, or when the read one is not loaded. */
function firstNewIndex(items: Items, readUpTo: string | null): number {
  if (readUpTo === null) return -1;
  const read = items.findLastIndex((item) => item.eventId === readUpTo);
  if (read < 0) return -1;
  return items.findIndex((item, index) => index > read && !item.mine && isMessage(item));
}

function runEnd(items: Items, start: number, firstNew: number, day: number, pageStarts: ReadonlySet<string>): number {
  let end = start;
  while (end < items.length && (end === start || end !== firstNew)) {
    const item = items[end];
    if (item === undefined || item.content.kind !== "membership" || startOfDay(item.at) !== day) break;
    if (end > start && pageStarts.has(item.id)) break;
    end++;
  }
  return end;
}

const minuteOf = (at: number): number => Math.floor(at / 60_000);

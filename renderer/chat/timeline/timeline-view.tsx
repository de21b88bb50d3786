import { ArrowDown, LoaderCircle } from "lucide-react";
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { Button as AriaButton } from "react-aria-components";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Button } from "../../ui/button.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { entriesOf, itemsOf, prependedCount, type Entry } from "../state/timeline-entries.ts";
import { indexOfEvent } from "../state/timeline-items.ts";
import { Announcer } from "./announcer.tsx";
import { EntryRow } from "./entry-row.tsx";
import "./timeline.css";

const AT_BOTTOM_PX = 48;
const LOAD_OLDER_PX = 1200;
const FLASH_MS = 1600;

/** The virtualised timeline of the open room. What is being read never moves: the anchor holds while history, late keys or edits change heights. */
export function TimelineView({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const { timeline } = session;
  const state = useValue(timeline.state);
  const entries = useMemo(() => entriesOf(state.items, state), [state]);

  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  // What was drawn before tells whether entries were put in front; kept as state so that rendering stays pure.
  const [drawn, setDrawn] = useState<{ readonly entries: readonly Entry[]; readonly shift: boolean }>({ entries: [], shift: false });
  if (drawn.entries !== entries) setDrawn({ entries, shift: prependedCount(drawn.entries, entries) > 0 });
  const { shift } = drawn;
  const stick = useRef(true);
  const [atBottom, setAtBottom] = useState(true);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const [flashKey, setFlashKey] = useState<string | null>(null);
  const lastSeen = useRef<string | null>(null);
  const [fresh, setFresh] = useState(0);

  const activeIndex = useMemo(() => {
    const found = activeKey === null ? -1 : entries.findIndex((entry) => entry.key === activeKey);
    return found >= 0 ? found : entries.length - 1;
  }, [entries, activeKey]);

  // First position: the new-message line when there is one, else the end.
  const placed = useRef(false);
  useLayoutEffect(() => {
    if (entries.length === 0) return;
    if (!placed.current) {
      placed.current = true;
      lastSeen.current = entries[entries.length - 1]?.key ?? null;
      const line = entries.findIndex((entry) => entry.newLine);
      if (line >= 0) {
        stick.current = false;
        list.current?.scrollToIndex(line, { align: "start", offset: -96 });
      } else list.current?.scrollToIndex(entries.length - 1, { align: "end" });
      return;
    }
    const last = entries[entries.length - 1];
    if (last !== undefined && last.key !== lastSeen.current) {
      const from = entries.findIndex((entry) => entry.key === lastSeen.current);
      const arrived = entries.slice(from + 1);
      const ownMessage = arrived.some((entry) => entry.kind === "message" && entry.item.mine && entry.item.send !== null);
      if (ownMessage) stick.current = true;
      else if (!stick.current) setFresh((count) => count + arrived.filter((entry) => entry.kind === "message").length);
      lastSeen.current = last.key;
    }
    if (stick.current) list.current?.scrollToIndex(entries.length - 1, { align: "end" });
  }, [entries]);

  const markRead = useCallback(() => {
    const view = scroller.current;
    if (view === null || list.current === null || !document.hasFocus() || document.visibilityState !== "visible") return;
    const index = list.current.findItemIndex(view.scrollTop + view.clientHeight - 8);
    for (let i = Math.min(index, entries.length - 1); i >= 0; i--) {
      const entry = entries[i];
      const seen = entry === undefined ? undefined : itemsOf(entry).findLast((item) => item.eventId !== null);
      if (seen?.eventId !== undefined && seen.eventId !== null)
        return timeline.markRead(seen.eventId, session.settings.value.sendReadReceipts);
    }
  }, [entries, timeline, session]);

  const settle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const onScroll = useCallback(() => {
    const view = scroller.current;
    if (view === null) return;
    const bottom = view.scrollHeight - view.scrollTop - view.clientHeight < AT_BOTTOM_PX;
    stick.current = bottom;
    setAtBottom(bottom);
    if (bottom) setFresh(0);
    if (view.scrollTop < LOAD_OLDER_PX && timeline.state.value.older !== "failed") void timeline.loadOlder();
    clearTimeout(settle.current);
    settle.current = setTimeout(markRead, 300);
  }, [timeline, markRead]);

  useEffect(() => {
    const timer = setTimeout(markRead, 300);
    window.addEventListener("focus", markRead);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", markRead);
    };
  }, [markRead]);

  // What arrives while nobody looks is new: the line goes below what was there when the window lost the focus.
  useEffect(() => {
    const leave = (): void => {
      const last = timeline.state.value.items.findLast((item) => item.eventId !== null);
      if (stick.current && last !== undefined) timeline.setReadUpTo(last.eventId);
    };
    window.addEventListener("blur", leave);
    return () => window.removeEventListener("blur", leave);
  }, [timeline]);

  // Fill a short first page, and keep the end in view while heights above it settle or the composer grows.
  useEffect(() => {
    const view = scroller.current;
    const inside = content.current;
    if (view === null || inside === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (stick.current) view.scrollTop = view.scrollHeight;
      if (view.scrollHeight <= view.clientHeight + LOAD_OLDER_PX && timeline.state.value.older === "idle") void timeline.loadOlder();
    });
    observer.observe(view);
    observer.observe(inside);
    return () => observer.disconnect();
  }, [timeline]);

  const jumpTo = useValue(session.view).jumpTo;
  useEffect(() => {
    if (jumpTo === null || state.phase !== "open") return undefined;
    let current = true;
    const show = async (): Promise<void> => {
      const found = await timeline.loadUntil(jumpTo.eventId);
      if (!current || !found) return;
      const { items } = timeline.state.value;
      const item = items[indexOfEvent(items, jumpTo.eventId)];
      const now = entriesOf(items, timeline.state.value);
      const index = now.findIndex((entry) => item !== undefined && itemsOf(entry).includes(item));
      const key = now[index]?.key;
      if (key === undefined) return;
      stick.current = false;
      setActiveKey(key);
      setFlashKey(key);
      requestAnimationFrame(() => list.current?.scrollToIndex(index, { align: "center" }));
      setTimeout(() => setFlashKey(null), FLASH_MS);
    };
    void show();
    return () => {
      current = false;
    };
  }, [jumpTo, state.phase, timeline]);

  const toLatest = (): void => {
    stick.current = true;
    setFresh(0);
    list.current?.scrollToIndex(entries.length - 1, { align: "end" });
  };

  // One tab stop; arrows move it, and the focus with it.
  const moving = useRef(false);
  const move = (index: number): void => {
    const to = Math.max(0, Math.min(entries.length - 1, index));
    const entry = entries[to];
    if (entry === undefined) return;
    moving.current = true;
    setActiveKey(entry.key);
    list.current?.scrollToIndex(to, { align: "nearest" });
  };
  useLayoutEffect(() => {
    if (!moving.current) return;
    moving.current = false;
    content.current?.querySelector<HTMLElement>(`[data-index="${activeIndex}"]`)?.focus({ preventScroll: true });
  }, [activeIndex]);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !(event.target instanceof HTMLElement) ||
      event.target.dataset["index"] === undefined
    )
      return;
    const steps: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1, PageUp: -8, PageDown: 8 };
    const step = steps[event.key];
    if (step !== undefined) move(activeIndex + step);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(entries.length - 1);
    else return;
    event.preventDefault();
  };
  const onFocus = (event: FocusEvent<HTMLElement>): void => {
    const row = event.target.closest<HTMLElement>("[data-index]");
    const entry = row === null ? undefined : entries[Number(row.dataset["index"])];
    if (entry !== undefined) setActiveKey(entry.key);
  };

  return (
    <div className="timeline" data-landmark="timeline" tabIndex={-1}>
      {state.older === "loading" && (
        <div className="timeline__older" role="status">
          <LoaderCircle className="icon spinner" size={14} aria-hidden />
          {say("timeline.loadingOlder")}
        </div>
      )}
      {state.older === "failed" && (
        <div className="timeline__older timeline__older--failed" role="alert">
          {say("timeline.olderFailed")}
          <Button look="quiet" size="small" onPress={() => void timeline.loadOlder()}>
            {say("common.retry")}
          </Button>
        </div>
      )}
      <div className="timeline__scroller" ref={scroller} onScroll={onScroll}>
        <div className="timeline__spacer" />
        <div
          className="timeline__content"
          ref={content}
          role="feed"
          aria-busy={state.older === "loading"}
          aria-label={say("timeline.label", { room: room.name })}
          onKeyDown={onKeyDown}
          onFocus={onFocus}
        >
          <Virtualizer
            ref={list}
            scrollRef={scroller}
            shift={shift}
            bufferSize={600}
            keepMounted={activeIndex >= 0 ? [activeIndex] : []}
            data={entries}
          >
            {(entry, index) => (
              <EntryRow
                key={entry.key}
                entry={entry}
                index={index}
                tabbable={index === activeIndex}
                flash={entry.key === flashKey}
                room={room}
              />
            )}
          </Virtualizer>
        </div>
      </div>
      {!atBottom && (
        <AriaButton
          className="jump"
          onPress={toLatest}
          aria-label={fresh > 0 ? say("timeline.jumpCount", { count: fresh }) : say("timeline.jump")}
        >
          <ArrowDown className="icon" size={16} aria-hidden />
          {fresh > 0 ? say("timeline.jumpCount", { count: fresh }) : say("timeline.jump")}
        </AriaButton>
      )}
      <Announcer items={state.items} roomId={room.roomId} />
    </div>
  );
}

import { memo, type ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import type { Entry } from "../state/timeline-entries.ts";
import { Intro } from "./intro.tsx";
import { MessageRow } from "./message-row.tsx";
import { StateLine, StateRun } from "./state-line.tsx";

type EntryProps = {
  readonly entry: Entry;
  readonly index: number;
  readonly tabbable: boolean;
  readonly flash: boolean;
  readonly room: RoomSummary;
};

/** One entry with what is drawn above it. Entries are rebuilt with each delta, so they are compared by what they show. */
export const EntryRow = memo(function EntryRow({ entry, index, tabbable, flash, room }: EntryProps): ReactNode {
  return (
    <div className="entry">
      {entry.day !== null && <DayLine day={entry.day} />}
      {entry.newLine && <NewLine />}
      {entry.kind === "intro" ? (
        <Intro room={room} index={index} tabbable={tabbable} />
      ) : entry.kind === "message" ? (
        <MessageRow item={entry.item} head={entry.head} minute={entry.minute} index={index} tabbable={tabbable} flash={flash} />
      ) : entry.kind === "state" ? (
        <StateLine item={entry.item} index={index} tabbable={tabbable} />
      ) : (
        <StateRun items={entry.items} index={index} tabbable={tabbable} />
      )}
    </div>
  );
}, sameRow);

function sameRow(a: EntryProps, b: EntryProps): boolean {
  return (
    a.index === b.index && a.tabbable === b.tabbable && a.flash === b.flash && a.room.name === b.room.name && sameEntry(a.entry, b.entry)
  );
}

function sameEntry(a: Entry, b: Entry): boolean {
  if (a.day !== b.day || a.newLine !== b.newLine) return false;
  if (a.kind === "message") return b.kind === "message" && a.item === b.item && a.head === b.head && a.minute === b.minute;
  if (a.kind === "state") return b.kind === "state" && a.item === b.item;
  if (a.kind === "run") return b.kind === "run" && a.items.length === b.items.length && a.items.every((item, i) => item === b.items[i]);
  return b.kind === "intro";
}

function DayLine({ day }: { readonly day: number }): ReactNode {
  const clock = useClock();
  return (
    <div className="day-line">
      <span>{clock.day(day)}</span>
    </div>
  );
}

function NewLine(): ReactNode {
  const say = useSay();
  return (
    <div className="new-line">
      <span>{say("timeline.new")}</span>
    </div>
  );
}

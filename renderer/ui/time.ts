import { useMemo } from "react";
import { useIntl, type IntlShape } from "react-intl";
import { useSay, type Say } from "./text.tsx";

/** Times and dates as the person's locale writes them. */
export type Clock = {
  /** 14:05 */
  readonly time: (at: number) => string;
  /** The same as short as it gets, for where it stands under others: without AM and PM. */
  readonly minute: (at: number) => string;
  /** Today, Yesterday, Tuesday 4 March, or with the year. */
  readonly day: (at: number, now?: number) => string;
  /** For a room row: the time today, the weekday within a week, else the date. */
  readonly short: (at: number, now?: number) => string;
  readonly full: (at: number) => string;
};

export function useClock(): Clock {
  const intl = useIntl();
  const say = useSay();
  return useMemo(() => clockOf(intl, say), [intl, say]);
}

export function clockOf(intl: Pick<IntlShape, "formatDate" | "formatTime" | "formatTimeToParts">, say: Say): Clock {
  const time = (at: number): string => intl.formatTime(at, { timeStyle: "short" });
  return {
    time,
    minute: (at) =>
      intl
        .formatTimeToParts(at, { hour: "2-digit", minute: "2-digit" })
        .filter(({ type }) => type !== "dayPeriod")
        .map(({ value }) => value)
        .join("")
        .trim(),
    day(at, now = Date.now()) {
      const days = daysBetween(at, now);
      if (days === 0) return say("timeline.today");
      if (days === 1) return say("timeline.yesterday");
      const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
      return intl.formatDate(at, { weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) });
    },
    short(at, now = Date.now()) {
      const days = daysBetween(at, now);
      if (days <= 0) return time(at);
      if (days === 1) return say("timeline.yesterday");
      if (days < 7) return intl.formatDate(at, { weekday: "short" });
      const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
      return intl.formatDate(at, sameYear ? { day: "numeric", month: "short" } : { day: "2-digit", month: "2-digit", year: "2-digit" });
    },
    full: (at) => intl.formatDate(at, { dateStyle: "full", timeStyle: "medium" }),
  };
}

/** Midnights between two moments, in local time. */
export function daysBetween(from: number, to: number): number {
  const day = (at: number): number => {
    const date = new Date(at);
    return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  };
  return Math.round((day(to) - day(from)) / 86_400_000);
}

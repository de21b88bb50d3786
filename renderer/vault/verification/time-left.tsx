import type { ReactNode } from "react";
import { useSay } from "../../ui/text.tsx";
import { useNow } from "../state/use-now.ts";

const MINUTE = 60_000;

/** How long a verification still waits, as minutes and seconds; a screen reader is told once, when it gets short. */
export function TimeLeft({ until }: { readonly until: number }): ReactNode {
  const say = useSay();
  const left = Math.max(0, until - useNow());
  return (
    <>
      <span className="time-left tabular" role="timer">
        {say("verify.timeLeft", { time: minutesAndSeconds(left) })}
      </span>
      <span className="visually-hidden" role="status">
        {left > 0 && left < MINUTE ? say("verify.almostOver") : ""}
      </span>
    </>
  );
}

/** 9:05 */
export function minutesAndSeconds(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

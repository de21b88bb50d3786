import { useEffect, useRef, useState, type ReactNode } from "react";
import { useSay } from "../../ui/text.tsx";
import { isMessage } from "../state/timeline-entries.ts";
import type { Items } from "../state/timeline-items.ts";
import { itemText } from "./item-text.ts";

/** Reads each message that arrives at the end once, to those who listen. History that is loaded is not news. */
export function Announcer({ items, roomId }: { readonly items: Items; readonly roomId: string }): ReactNode {
  const say = useSay();
  const [text, setText] = useState("");
  const newest = useRef<{ readonly roomId: string; readonly position: number } | null>(null);
  useEffect(() => {
    const last = items[items.length - 1];
    if (last === undefined) return;
    const before = newest.current;
    newest.current = { roomId, position: Math.max(last.position, before?.roomId === roomId ? before.position : last.position) };
    if (before === null || before.roomId !== roomId) return;
    const arrived = items.filter((item) => item.position > before.position && !item.mine && isMessage(item));
    if (arrived.length === 0) return;
    setText(arrived.map((item) => say("timeline.announce", { sender: item.senderName, text: itemText(say, item) })).join("\n"));
  }, [items, roomId, say]);
  return (
    <div className="visually-hidden" role="log" aria-live="polite" aria-relevant="additions text">
      {text}
    </div>
  );
}

import { Search } from "lucide-react";
import { Fragment, useEffect, useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Filters } from "../../ui/filters.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { SearchField } from "../../ui/text-field.tsx";
import { useClock } from "../../ui/time.ts";
import { fold } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";

type Hits = ResultOf<ChatContract["search"]>;
type Answer = { readonly term: string; readonly hits: Hits; readonly error: ErrorCode | null };

const SEARCH_DELAY_MS = 200;
const LIMIT = 100;

/** Search in what this device can read. */
export function SearchPanel({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const [term, setTerm] = useState("");
  const [everywhere, setEverywhere] = useState(false);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const wanted = term.trim();
  useEffect(() => {
    if (wanted === "") return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const scope = everywhere ? {} : { roomId: room.roomId };
      void ask(scope);
    }, SEARCH_DELAY_MS);
    const ask = async (scope: { readonly roomId?: string }): Promise<void> => {
      const found = await session.link.call("search", { query: wanted, limit: LIMIT, ...scope }, { signal: stop.signal });
      if (stop.signal.aborted) return;
      setAnswer(found.ok ? { term: wanted, hits: found.value, error: null } : { term: wanted, hits: [], error: found.error.code });
    };
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [session, wanted, everywhere, room.roomId]);
  return (
    <div className="panel__fill">
      <div className="panel__tools">
        <SearchField
          icon={Search}
          label={say("search.placeholder")}
          placeholder={say("search.placeholder")}
          clearLabel={say("common.clear")}
          value={term}
          onChange={setTerm}
          autoFocus
        />
        <Filters
          label={say("search.scope")}
          inset={false}
          options={[
            { value: "here", title: say("search.here") },
            { value: "all", title: say("search.everywhere") },
          ]}
          value={everywhere ? "all" : "here"}
          onChange={(scope) => setEverywhere(scope === "all")}
        />
      </div>
      <Results answer={wanted === "" ? null : answer} everywhere={everywhere} />
    </div>
  );
}

function Results({ answer, everywhere }: { readonly answer: Answer | null; readonly everywhere: boolean }): ReactNode {
  const say = useSay();
  const clock = useClock();
  const session = useSession();
  if (answer === null)
    return (
      <div className="empty">
        <h3>{say("search.start")}</h3>
        <p>{say("search.startText")}</p>
      </div>
    );
  if (answer.error !== null)
    return (
      <div className="panel__body">
        <ErrorNote code={answer.error} />
      </div>
    );
  if (answer.hits.length === 0)
    return (
      <div className="empty" role="status">
        <h3>{say("search.none", { term: answer.term })}</h3>
        <p>{say("search.noneText")}</p>
      </div>
    );
  return (
    <>
      <p className="search__count" role="status">
        {say("search.results", { count: answer.hits.length })}
      </p>
      <ul className="search__hits">
        {answer.hits.map((hit) => (
          <li key={hit.eventId}>
            <AriaButton className="hit" onPress={() => session.openRoom(hit.roomId, hit.eventId)}>
              <Avatar id={hit.sender} name={hit.senderName} mxc={null} size={28} shape="person" />
              <span className="hit__main">
                <span className="hit__top">
                  <span className="hit__name ellipsis">{hit.senderName}</span>
                  <time className="hit__time tabular">{clock.short(hit.at)}</time>
                </span>
                {everywhere && <span className="hit__room ellipsis">{session.rooms.value.byId.get(hit.roomId)?.name}</span>}
                <span className="hit__text">
                  <Marked text={hit.snippet} term={answer.term} />
                </span>
              </span>
            </AriaButton>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The found words stand out; compared without case and accents where that keeps the length. */
function Marked({ text, term }: { readonly text: string; readonly term: string }): ReactNode {
  const haystack = fold(text).length === text.length ? fold(text) : text.toLowerCase();
  const words = fold(term)
    .split(/\s+/)
    .filter((word) => word !== "");
  const marks: Array<readonly [number, number]> = [];
  for (const word of words)
    for (let at = haystack.indexOf(word); at >= 0; at = haystack.indexOf(word, at + word.length)) marks.push([at, at + word.length]);
  marks.sort((a, b) => a[0] - b[0]);
  const parts: ReactNode[] = [];
  let end = 0;
  for (const [from, to] of marks) {
    if (from < end) continue;
    parts.push(<Fragment key={`t${from}`}>{text.slice(end, from)}</Fragment>, <mark key={`m${from}`}>{text.slice(from, to)}</mark>);
    end = to;
  }
  return [...parts, text.slice(end)];
}

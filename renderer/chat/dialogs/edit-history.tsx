import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { linksFor } from "../links/follow-link.ts";
import { LinkContext } from "../links/link-actions.ts";
import { RichText } from "../rich-text/rich-text.tsx";
import { useSession } from "../state/session.ts";
import { itemText } from "../timeline/item-text.ts";
import { ShieldLine } from "../timeline/shield-mark.tsx";

type Props = { readonly roomId: string; readonly eventId: string; readonly onClose: () => void };
type Answer = { readonly history: ResultOf<ChatContract["editHistory"]> } | { readonly error: ErrorCode };

/** Everything that a message has said, each version with its time and its own mark. */
export function EditHistory({ onClose, ...message }: Props): ReactNode {
  const say = useSay();
  const session = useSession();
  const [attempt, setAttempt] = useState(1);
  const links = useMemo(() => {
    const follow = linksFor(session);
    return {
      ...follow,
      openTarget: (target: Parameters<typeof follow.openTarget>[0]) => {
        onClose();
        follow.openTarget(target);
      },
    };
  }, [session, onClose]);
  return (
    <Dialog title={say("history.title")} onClose={onClose} reading>
      <LinkContext value={links}>
        <Versions key={attempt} {...message} onRetry={() => setAttempt(attempt + 1)} />
      </LinkContext>
    </Dialog>
  );
}

function Versions({ roomId, eventId, onRetry }: Omit<Props, "onClose"> & { readonly onRetry: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const [answer, setAnswer] = useState<Answer | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      const found = await session.link.call("editHistory", { roomId, eventId }, { signal: stop.signal });
      if (!stop.signal.aborted) setAnswer(found.ok ? { history: found.value } : { error: found.error.code });
    };
    void ask();
    return () => stop.abort();
  }, [session, roomId, eventId]);
  if (answer === null)
    return (
      <Delayed>
        <span className="skeleton history__skeleton" role="status" aria-label={say("common.loading")} />
      </Delayed>
    );
  if ("error" in answer) return <ErrorNote code={answer.error} actions={<Button onPress={onRetry}>{say("common.retry")}</Button>} />;
  const { versions, complete } = answer.history;
  return (
    <>
      {!complete && <Note>{say("history.incomplete")}</Note>}
      <ol className="history" reversed aria-label={say("history.list")}>
        {versions.toReversed().map((version, index) => (
          <Version key={version.id} version={version} note={index === 0 ? "current" : index === versions.length - 1 ? "original" : null} />
        ))}
      </ol>
    </>
  );
}

function Version({ version, note }: { readonly version: TimelineItem; readonly note: "current" | "original" | null }): ReactNode {
  const say = useSay();
  const clock = useClock();
  const { content, shield, at } = version;
  return (
    <li className="history__version">
      <div className="history__head">
        <time className="tabular" dateTime={new Date(at).toISOString()} title={clock.full(at)}>
          {say("history.when", { day: clock.day(at), time: clock.time(at) })}
        </time>
        {note !== null && <span className="history__note">{say(`history.${note}`)}</span>}
      </div>
      {content.kind === "message" ? (
        <RichText body={content.body} html={content.html} />
      ) : (
        <p className={content.kind === "undecryptable" ? "utd" : ""}>{itemText(say, version)}</p>
      )}
      {shield !== null && <ShieldLine item={version} shield={shield} />}
    </li>
  );
}

import { ChartBarBig, Check } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Checkbox, CheckboxGroup, Label, Radio, RadioGroup } from "react-aria-components";
import type { PollView } from "../../../protocol/messages/poll.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";
import { useActions } from "../timeline/timeline-actions.ts";
import "./polls.css";

type PollProps = { readonly poll: PollView; readonly item: TimelineItem };

/** A poll of the timeline: its answers to choose from, or what came of it. */
export function PollBody({ poll, item }: PollProps): ReactNode {
  const say = useSay();
  const { canReact } = useActions();
  const eventId = poll.ended || !canReact ? null : item.eventId;
  return (
    <div className="poll">
      {eventId === null ? <Result poll={poll} /> : <Ballot poll={poll} eventId={eventId} />}
      {poll.unread > 0 && <p className="poll__note">{say("poll.unread", { count: poll.unread })}</p>}
    </div>
  );
}

/** Choosing is no vote yet: with arrow keys every answer on the way would be one. */
function Ballot({ poll, eventId }: { readonly poll: PollView; readonly eventId: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const roomId = useStore(session.timeline.state, (state) => state.roomId);
  const sent = poll.answers.flatMap(({ id, mine }) => (mine ? [id] : []));
  const [choice, setChoice] = useState<readonly string[] | null>(null);
  const [ending, setEnding] = useState(false);
  if (roomId === null) return null;
  const chosen = choice ?? sent;
  const changed = chosen.length !== sent.length || chosen.some((id) => !sent.includes(id));
  const answer = (answers: readonly string[]): void =>
    void task.run(
      () => session.link.call("answerPoll", { roomId, eventId, answers: [...answers] }),
      () => setChoice(null),
    );
  const label = (
    <>
      <Label className="poll__question">
        <Question text={poll.question} />
      </Label>
      <p className="poll__note">{say("poll.choose", { max: poll.maxSelections })}</p>
    </>
  );
  return (
    <>
      {poll.maxSelections === 1 ? (
        <RadioGroup className="poll__answers" value={chosen[0] ?? null} onChange={(id) => setChoice([id])}>
          {label}
          {poll.answers.map((each) => (
            <Radio key={each.id} value={each.id} className="poll__answer poll__answer--one">
              <Answer answer={each} poll={poll} />
            </Radio>
          ))}
        </RadioGroup>
      ) : (
        <CheckboxGroup className="poll__answers" value={[...chosen]} onChange={(ids) => setChoice(ids)}>
          {label}
          {poll.answers.map((each) => (
            <Checkbox
              key={each.id}
              value={each.id}
              className="poll__answer"
              isDisabled={chosen.length >= poll.maxSelections && !chosen.includes(each.id)}
            >
              <span className="poll__box" aria-hidden>
                {chosen.includes(each.id) && <Check className="icon" size={13} strokeWidth={3} />}
              </span>
              <Answer answer={each} poll={poll} />
            </Checkbox>
          ))}
        </CheckboxGroup>
      )}
      <p className="poll__note" role="status">
        {poll.voters === null ? say("poll.hidden") : say("poll.voters", { count: poll.voters })}
      </p>
      <div className="poll__actions">
        {changed && chosen.length > 0 && (
          <Button size="small" look="primary" isDisabled={task.busy} onPress={() => answer(chosen)}>
            {say(sent.length === 0 ? "poll.vote" : "poll.change")}
          </Button>
        )}
        {sent.length > 0 && (!changed || chosen.length === 0) && (
          <Button size="small" isDisabled={task.busy} onPress={() => answer([])}>
            {say("poll.takeBack")}
          </Button>
        )}
        {poll.canEnd && (
          <Button size="small" look="quiet" onPress={() => setEnding(true)}>
            {say("poll.end")}
          </Button>
        )}
      </div>
      {task.error !== null && !ending && <ErrorNote code={task.error} />}
      {ending && (
        <Confirm
          title={say("poll.endTitle")}
          text={say("poll.endText")}
          confirm={say("poll.end")}
          busy={task.busy}
          error={task.error !== null && <ErrorNote code={task.error} />}
          onConfirm={() =>
            void task.run(
              () => session.link.call("endPoll", { roomId, eventId }),
              () => setEnding(false),
            )
          }
          onClose={() => setEnding(false)}
        />
      )}
    </>
  );
}

function Result({ poll }: { readonly poll: PollView }): ReactNode {
  const say = useSay();
  const most = Math.max(0, ...poll.answers.map(({ votes }) => votes ?? 0));
  return (
    <>
      <p className="poll__question">
        <Question text={poll.question} />
      </p>
      <ul className="poll__answers">
        {poll.answers.map((each) => (
          <li key={each.id} className={`poll__answer ${poll.ended && most > 0 && each.votes === most ? "poll__answer--won" : ""}`}>
            {each.mine && <Check className="icon poll__check" size={15} aria-label={say("poll.mine")} />}
            <Answer answer={each} poll={poll} />
          </li>
        ))}
      </ul>
      <p className="poll__note">{resultText(say, poll)}</p>
    </>
  );
}

function resultText(say: Say, { voters, ended }: PollView): string {
  if (voters === null) return say("poll.hidden");
  return say(ended ? "poll.result" : "poll.voters", { count: voters });
}

function Question({ text }: { readonly text: string }): ReactNode {
  return (
    <>
      <ChartBarBig className="icon poll__icon" size={16} aria-hidden />
      <span>{text}</span>
    </>
  );
}

function Answer({ answer, poll }: { readonly answer: PollView["answers"][number]; readonly poll: PollView }): ReactNode {
  const say = useSay();
  const { votes } = answer;
  const share = votes === null || poll.voters === null || poll.voters === 0 ? 0 : Math.round((votes / poll.voters) * 100);
  return (
    <>
      <span className="poll__text">{answer.text}</span>
      {votes !== null && <span className="poll__count tabular">{say("poll.votes", { count: votes })}</span>}
      {votes !== null && (
        <span className="poll__track" aria-hidden>
          <span className="poll__bar" style={{ width: `${share}%` }} />
        </span>
      )}
    </>
  );
}

import { Plus, X } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { MAX_POLL_ANSWERS, MAX_POLL_TEXT_CHARS } from "../../../protocol/messages/poll.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Choice, Switch } from "../../ui/choice.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";
import "./polls.css";

const LEAST = 2;
type Line = { readonly key: number; readonly text: string };

/** Makes a poll in a room. */
export function NewPoll({ roomId, onClose }: { readonly roomId: string; readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [question, setQuestion] = useState("");
  const [lines, setLines] = useState<readonly Line[]>([
    { key: 0, text: "" },
    { key: 1, text: "" },
  ]);
  const nextKey = useRef(LEAST);
  const [added, setAdded] = useState<number | null>(null);
  const [when, setWhen] = useState<"disclosed" | "undisclosed">("disclosed");
  const [several, setSeveral] = useState(false);

  const answers = lines.map(({ text }) => text.trim()).filter((text) => text !== "");
  const complete = question.trim() !== "" && answers.length >= LEAST;
  const submit = (): void => {
    if (!complete || task.busy) return;
    const poll = { question: question.trim(), answers, disclosed: when === "disclosed", maxSelections: several ? answers.length : 1 };
    void task.run(() => session.link.call("startPoll", { roomId, poll }), onClose);
  };
  const add = (): void => {
    const key = nextKey.current++;
    setAdded(key);
    setLines([...lines, { key, text: "" }]);
  };
  return (
    <Dialog
      title={say("poll.newTitle")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={!complete || task.busy}>
            {say("poll.submit")}
          </Button>
        </>
      }
    >
      <TextField
        label={say("poll.question")}
        placeholder={say("poll.questionPlaceholder")}
        value={question}
        onChange={setQuestion}
        maxLength={MAX_POLL_TEXT_CHARS}
        autoFocus
      />
      {lines.map(({ key, text }, index) => (
        <div key={key} className="new-poll__answer">
          <TextField
            label={say("poll.answer", { number: index + 1 })}
            value={text}
            onChange={(next) => setLines(lines.map((line) => (line.key === key ? { key, text: next } : line)))}
            maxLength={MAX_POLL_TEXT_CHARS}
            autoFocus={key === added}
          />
          {lines.length > LEAST && (
            <IconButton
              icon={X}
              label={say("poll.removeAnswer", { number: index + 1 })}
              onPress={() => setLines(lines.filter((line) => line.key !== key))}
            />
          )}
        </div>
      ))}
      {lines.length < MAX_POLL_ANSWERS && (
        <div>
          <Button icon={Plus} size="small" look="quiet" onPress={add}>
            {say("poll.addAnswer")}
          </Button>
        </div>
      )}
      <Switch title={say("poll.several")} hint={say("poll.severalHint")} selected={several} onChange={setSeveral} />
      <Choice
        label={say("poll.when")}
        value={when}
        onChange={setWhen}
        options={[
          { value: "disclosed", title: say("poll.disclosed") },
          { value: "undisclosed", title: say("poll.undisclosed"), hint: say("poll.undisclosedHint") },
        ]}
      />
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

import { useEffect, useState, type ReactNode } from "react";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf, ResultOf } from "../../../protocol/define.ts";
import { Switch } from "../../ui/choice.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";

/** Who gets keys, and from whom they come, where a person asks for more than the rules that always hold. */
export function Precautions(): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [now, setNow] = useState<ResultOf<ChatContract["precautions"]> | null>(null);
  const { run } = task;
  useEffect(() => void run(() => session.link.call("precautions", {}), setNow), [session, run]);
  const change = (wanted: ParamsOf<ChatContract["changePrecautions"]>): void =>
    void run(
      () => session.link.call("changePrecautions", wanted),
      (answer) => {
        setNow(answer);
        session.roomSafety.refreshAll();
      },
    );
  return (
    <section>
      <h4 className="settings__subheading">{say("precaution.who")}</h4>
      <Switch
        title={say("precaution.onlyVerified")}
        hint={say("precaution.onlyVerifiedHint")}
        selected={now?.onlyVerified === true}
        disabled={now === null}
        onChange={(onlyVerified) => change({ onlyVerified })}
      />
      <Switch
        title={say("precaution.exchange")}
        hint={say("precaution.exchangeHint")}
        selected={now?.exchangeKeys === true}
        disabled={now === null}
        onChange={(exchangeKeys) => change({ exchangeKeys })}
      />
      {task.error !== null && <ErrorNote code={task.error} />}
    </section>
  );
}

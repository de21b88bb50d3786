import type { ReactNode } from "react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";

/** Asks our other devices for the key of one message. */
export function AskDevices({ eventId }: { readonly eventId: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [asked, setAsked] = useState(false);
  const roomId = useStore(session.timeline.state, (state) => state.roomId);
  if (roomId === null) return null;
  const ask = (): void =>
    void task.run(
      () => session.link.call("askOwnDevices", { roomId, eventId }),
      () => setAsked(true),
    );
  return (
    <>
      {asked ? (
        <p role="status">{say("askDevices.asked")}</p>
      ) : (
        <div className="popover__actions">
          <Button size="small" isDisabled={task.busy} onPress={ask}>
            {say("askDevices.action")}
          </Button>
        </div>
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
    </>
  );
}

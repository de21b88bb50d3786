import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Button } from "../../ui/button.tsx";
import { Switch } from "../../ui/choice.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { usePeopleText } from "../room/people-text.ts";
import { useLookup } from "../state/lookup.ts";
import { isOnlyVerified, leftOutOf } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";

/** Whether the room's keys go to verified devices only, and whom that leaves out. */
export function RoomPrecaution({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const people = usePeopleText(room);
  const safety = useLookup(session.roomSafety, room.roomId).value;
  if (safety === null) return null;
  const { here, everywhere } = safety.onlyVerified;
  const on = isOnlyVerified(safety);
  const out = leftOutOf(safety, "all");
  const partly = leftOutOf(safety, "some");
  return (
    <div className="info__precaution">
      <Switch
        title={say("precaution.room")}
        hint={say(everywhere ? "precaution.roomEverywhere" : here ? "precaution.roomOn" : "precaution.roomOff")}
        selected={on}
        disabled={everywhere}
        onChange={(onlyVerified) =>
          void task.run(
            () => session.link.call("setRoomPrecautions", { roomId: room.roomId, onlyVerified }),
            () => session.roomSafety.refresh(room.roomId),
          )
        }
      />
      {out.length > 0 && <p className="muted">{say(on ? "precaution.out" : "precaution.outThen", { names: people(out) })}</p>}
      {partly.length > 0 && <p className="muted">{say("precaution.partly", { names: people(partly) })}</p>}
      {everywhere && (
        <Button size="small" onPress={() => session.showDialog({ kind: "settings", section: "security" })}>
          {say("precaution.settings")}
        </Button>
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
    </div>
  );
}

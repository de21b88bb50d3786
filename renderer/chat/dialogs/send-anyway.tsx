import type { ReactNode } from "react";
import { Confirm } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { usePeopleText } from "../room/people-text.ts";
import type { RoomSafety } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

type Props = {
  readonly roomId: string;
  readonly itemId: string;
  /** As they were shown when it was asked for: of others nothing is said. */
  readonly devices: RoomSafety["unsignedDevices"];
  readonly onClose: () => void;
};

/** Asks before a message goes to devices that a verified person has not confirmed. */
export function SendAnyway({ roomId, itemId, devices, onClose }: Props): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const room = useStore(session.rooms, (rooms) => rooms.byId.get(roomId));
  const names = usePeopleText(room)(devices.map(({ userId }) => userId));
  return (
    <Confirm
      title={say("anyway.title")}
      text={say("anyway.text", { names, count: devices.length })}
      confirm={say("anyway.confirm")}
      danger
      busy={task.busy}
      error={task.error === null ? null : <ErrorNote code={task.error} />}
      onConfirm={() => void task.run(() => session.link.call("sendAnyway", { roomId, itemId, devices }), onClose)}
      onClose={onClose}
    />
  );
}

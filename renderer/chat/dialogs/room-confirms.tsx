import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Confirm, Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

type RoomDialogProps = { readonly roomId: string; readonly onClose: () => void };

export function LeaveRoom({ roomId, onClose }: RoomDialogProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const room = useStore(session.rooms, (rooms) => rooms.byId.get(roomId));
  const leave = (): void =>
    void task.run(
      () => session.link.call("leave", { roomId }),
      () => {
        onClose();
        if (session.view.value.roomId === roomId) session.closeRoom();
      },
    );
  return (
    <Confirm
      title={say("leave.title", { room: room?.name ?? "" })}
      text={say(room?.memberCount === 1 ? "leave.textLast" : "leave.text")}
      confirm={say("leave.confirm")}
      danger
      busy={task.busy}
      error={task.error === null ? null : <ErrorNote code={task.error} />}
      onConfirm={leave}
      onClose={onClose}
    />
  );
}

export function EnableEncryption({ roomId, onClose }: RoomDialogProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  return (
    <Confirm
      title={say("info.enableTitle")}
      text={say("info.enableText")}
      confirm={say("info.enable")}
      busy={task.busy}
      error={task.error === null ? null : <ErrorNote code={task.error} />}
      onConfirm={() => void task.run(() => session.link.call("enableEncryption", { roomId }), onClose)}
      onClose={onClose}
    />
  );
}

export function RemovePerson({
  roomId,
  userId,
  name,
  onClose,
}: RoomDialogProps & { readonly userId: string; readonly name: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const room = useStore(session.rooms, (rooms) => rooms.byId.get(roomId));
  return (
    <Confirm
      title={say("person.removeTitle", { name })}
      text={say("person.removeText", { room: room?.name ?? "" })}
      confirm={say("person.remove")}
      danger
      busy={task.busy}
      error={task.error === null ? null : <ErrorNote code={task.error} />}
      onConfirm={() => void task.run(() => session.link.call("kick", { roomId, userId }), onClose)}
      onClose={onClose}
    />
  );
}

export function RenameRoom({ roomId, onClose }: RoomDialogProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const room = useStore(session.rooms, (rooms) => rooms.byId.get(roomId));
  const [name, setName] = useState(room?.name ?? "");
  const [topic, setTopic] = useState(room?.topic ?? "");
  const save = (): void => {
    if (name.trim() === "" || task.busy) return;
    void task.run(async () => {
      if (name.trim() !== room?.name) {
        const renamed = await session.link.call("setRoomName", { roomId, name: name.trim() });
        if (!renamed.ok) return renamed;
      }
      return topic.trim() === (room?.topic ?? "")
        ? { ok: true, value: {} }
        : session.link.call("setRoomTopic", { roomId, topic: topic.trim() });
    }, onClose);
  };
  return (
    <Dialog
      title={say("info.renameTitle")}
      onClose={onClose}
      onSubmit={save}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={name.trim() === "" || task.busy}>
            {say("common.save")}
          </Button>
        </>
      }
    >
      <TextField label={say("info.name")} value={name} onChange={setName} maxLength={255} autoFocus />
      <TextField label={say("info.topic")} value={topic} onChange={setTopic} maxLength={4096} multiline />
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

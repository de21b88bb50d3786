import { useState, type ReactNode } from "react";
import { parseMatrixLink, roomAliasSchema } from "../../../protocol/matrix-link.ts";
import { roomIdSchema } from "../../../protocol/messages/text.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

type Room = { readonly room: string; readonly via?: readonly string[] };

export function JoinRoom({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [address, setAddress] = useState("");
  const [tried, setTried] = useState(false);
  const room = parseRoom(address.trim());

  const submit = (): void => {
    setTried(true);
    if (room === undefined || task.busy) return;
    void task.run(() => session.join(room.room, room.via), onClose);
  };
  return (
    <Dialog
      title={say("join.title")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={address.trim() === "" || task.busy}>
            {say("join.submit")}
          </Button>
        </>
      }
    >
      <TextField
        label={say("join.label")}
        placeholder={say("join.placeholder")}
        hint={say("join.hint")}
        error={tried && room === undefined ? say("join.invalid") : null}
        value={address}
        onChange={setAddress}
        spellCheck="false"
        autoFocus
      />
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

/** An address, an internal name, or a link to a room, as people pass them on. */
function parseRoom(text: string): Room | undefined {
  const link = parseMatrixLink(text);
  if (link !== undefined) return link.kind === "room" ? link : undefined;
  return roomAliasSchema.safeParse(text).success || roomIdSchema.safeParse(text).success ? { room: text } : undefined;
}

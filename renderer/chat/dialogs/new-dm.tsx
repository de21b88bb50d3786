import { useState, type ReactNode } from "react";
import type { RpcError } from "../../../protocol/errors.ts";
import { ok, type Result } from "../../../protocol/result.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useSession, type Session } from "../state/session.ts";
import { PeoplePicker, type Person } from "./people-picker.tsx";
import { useTask } from "./use-task.ts";

export function NewDm({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [person] = people;
  const existing = person === undefined ? null : existingDm(session, person.userId);
  const own = session.account.value?.userId;

  const submit = (): void => {
    if (person === undefined || task.busy) return;
    void task.run(() => openDm(session, person.userId), onClose);
  };
  return (
    <Dialog
      title={say("newDm.title")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={person === undefined || task.busy}>
            {say("newDm.submit")}
          </Button>
        </>
      }
    >
      <PeoplePicker chosen={people} onChange={setPeople} single autoFocus exclude={new Set(own === undefined ? [] : [own])} />
      {existing !== null && <Note>{say("newDm.existing")}</Note>}
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

/** Opens the direct chat with a person; makes one, and invites them, where there is none. */
export async function openDm(session: Session, userId: string): Promise<Result<{ roomId: string }, RpcError>> {
  const existing = existingDm(session, userId);
  const chat: Result<{ roomId: string }, RpcError> =
    existing !== null
      ? ok({ roomId: existing })
      : await session.link.call("createRoom", { encrypted: true, preset: "trusted_private_chat", invite: [userId], direct: true });
  if (chat.ok) session.openRoom(chat.value.roomId);
  return chat;
}

/** The direct chat with a person that is joined already. */
export function existingDm(session: Session, userId: string): string | null {
  for (const room of session.rooms.value.byId.values())
    if (room.kind === "dm" && room.dmUserId === userId && room.membership === "join") return room.roomId;
  return null;
}

import { useMemo, useState, type ReactNode } from "react";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { Note } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useLookup } from "../state/lookup.ts";
import { nameOf } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";
import { PeoplePicker, type Person } from "./people-picker.tsx";

type Failure = { readonly person: Person; readonly code: ErrorCode };

export function InvitePeople({ roomId, onClose }: { readonly roomId: string; readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const room = useStore(session.rooms, (rooms) => rooms.byId.get(roomId));
  const members = useLookup(session.members, roomId).value;
  const visibility = useLookup(session.details, roomId).value?.historyVisibility;
  const [people, setPeople] = useState<readonly Person[]>([]);
  const [busy, setBusy] = useState(false);
  const [failures, setFailures] = useState<readonly Failure[]>([]);
  const here = useMemo(
    () => new Set(members?.filter(({ membership }) => membership === "join" || membership === "invite").map(({ userId }) => userId)),
    [members],
  );

  const submit = async (): Promise<void> => {
    if (people.length === 0 || busy) return;
    setBusy(true);
    const failed: Failure[] = [];
    for (const person of people) {
      const answer = await session.link.call("invite", { roomId, userId: person.userId });
      if (!answer.ok) failed.push({ person, code: answer.error.code });
    }
    setBusy(false);
    setFailures(failed);
    setPeople(failed.map(({ person }) => person));
    if (failed.length === 0) onClose();
  };
  return (
    <Dialog
      title={say("invitePeople.title", { room: room?.name ?? "" })}
      onClose={onClose}
      onSubmit={() => void submit()}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={people.length === 0 || busy}>
            {say("invitePeople.submit", { count: people.length })}
          </Button>
        </>
      }
    >
      <PeoplePicker chosen={people} onChange={setPeople} exclude={here} autoFocus />
      {(visibility === "shared" || visibility === "world_readable") && (
        <Note>{say(room?.encrypted === true ? "invitePeople.historyEncrypted" : "invitePeople.history")}</Note>
      )}
      {failures.map(({ person, code }) => (
        <Note key={person.userId} tone="danger" title={say("invitePeople.failed", { name: nameOf(person) })} live>
          {errorLine(say, code)}
        </Note>
      ))}
    </Dialog>
  );
}

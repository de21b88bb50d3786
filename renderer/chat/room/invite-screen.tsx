import { useState, type ReactNode } from "react";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { nameOf } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";

/** An invitation, in place of the room. */
export function InviteScreen({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const name = room.inviter === null ? say("common.someone") : nameOf(room.inviter);
  const run = async (action: "join" | "leave"): Promise<void> => {
    setBusy(true);
    setError(null);
    const answer = action === "join" ? await session.join(room.roomId) : await session.link.call("leave", { roomId: room.roomId });
    setBusy(false);
    if (!answer.ok) setError(answer.error.code);
    else if (action === "leave") session.closeRoom();
  };
  return (
    <div className="invite-screen" data-landmark="timeline">
      <RoomAvatar room={room} size={72} />
      <h1>{room.kind === "dm" ? say("invite.screenDm", { name }) : say("invite.screenTitle", { name, room: room.name })}</h1>
      {room.inviter !== null && <p className="muted">{room.inviter.userId}</p>}
      {room.topic !== null && room.topic !== "" && <p>{room.topic}</p>}
      <p className="muted">{say("invite.screenText")}</p>
      {!room.encrypted && <Note tone="warn">{say("invite.notEncrypted")}</Note>}
      {error !== null && <ErrorNote code={error} />}
      <div className="invite-screen__actions">
        <Button isDisabled={busy} onPress={() => void run("leave")}>
          {say("invite.decline")}
        </Button>
        <Button look="primary" isDisabled={busy} onPress={() => void run("join")}>
          {say("invite.accept")}
        </Button>
      </div>
    </div>
  );
}

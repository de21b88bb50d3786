import { Check, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { IconButton } from "../../ui/button.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { nameOf } from "../state/mention-query.ts";
import type { Rooms } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";

/** Invitations that wait for an answer. */
export function Invites({ rooms }: { readonly rooms: Rooms }): ReactNode {
  const say = useSay();
  return (
    <section className="invites" aria-label={say("sidebar.invites")}>
      <h2 className="sidebar__heading">
        {say("sidebar.invites")}
        <span className="badge badge--mention">{rooms.invites.length}</span>
      </h2>
      <ul className="invites__list">
        {rooms.invites.map((roomId) => {
          const room = rooms.byId.get(roomId);
          return room === undefined ? null : <InviteRow key={roomId} room={room} />;
        })}
      </ul>
    </section>
  );
}

function InviteRow({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const open = useStore(session.view, (view) => view.roomId === room.roomId);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const run = async (action: "join" | "leave"): Promise<void> => {
    setBusy(true);
    const answer = action === "join" ? await session.join(room.roomId) : await session.link.call("leave", { roomId: room.roomId });
    setBusy(false);
    setError(answer.ok ? null : answer.error.code);
  };
  const from = room.inviter === null ? say("invite.fromUnknown") : say("invite.from", { name: nameOf(room.inviter) });
  return (
    <li className={`invite ${open ? "invite--open" : ""}`}>
      <AriaButton className="invite__open" onPress={() => session.openRoom(room.roomId)} {...(open ? { "aria-current": "true" } : {})}>
        <RoomAvatar room={room} size={36} />
        <span className="invite__text">
          <span className="invite__name ellipsis">{room.name}</span>
          <span className="invite__from ellipsis">{from}</span>
        </span>
      </AriaButton>
      <IconButton
        icon={X}
        size="small"
        label={say("invite.declineNamed", { room: room.name })}
        isDisabled={busy}
        onPress={() => void run("leave")}
      />
      <IconButton
        icon={Check}
        size="small"
        label={say("invite.acceptNamed", { room: room.name })}
        isDisabled={busy}
        onPress={() => void run("join")}
      />
      {error !== null && (
        <p className="field__error" role="alert">
          {errorLine(say, error)}
        </p>
      )}
    </li>
  );
}

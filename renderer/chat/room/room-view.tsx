import { useMemo, useState, type ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { DropTarget } from "../attachments/drop-target.tsx";
import { Composer } from "../composer/composer.tsx";
import { linksFor } from "../links/follow-link.ts";
import { LinkContext } from "../links/link-actions.ts";
import { editItem, replyTo } from "../state/drafts.ts";
import { setPinned } from "../state/room-preferences.ts";
import { useLookup } from "../state/lookup.ts";
import { useSession, type RoomDetails, type Session } from "../state/session.ts";
import { ActionsContext, type TimelineActions } from "../timeline/timeline-actions.ts";
import { itemText } from "../timeline/item-text.ts";
import { TimelineView } from "../timeline/timeline-view.tsx";
import { InviteScreen } from "./invite-screen.tsx";
import { RoomHeader } from "./room-header.tsx";
import "./room.css";
import { SafetyBar } from "./safety-bar.tsx";
import { TimelineSkeleton } from "./timeline-skeleton.tsx";
import { TypingLine } from "./typing-line.tsx";

/** The open room: header, timeline, composer. */
export function RoomView({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const details = useLookup(session.details, room.membership === "join" ? room.roomId : null).value;
  const phase = useValue(session.app).phase;
  const [deleting, setDeleting] = useState<TimelineItem | null>(null);
  const actions = useMemo(() => actionsFor(session, room.roomId, details, say, setDeleting), [session, room.roomId, details, say]);
  const links = useMemo(() => linksFor(session), [session]);

  if (room.membership === "invite") return <InviteScreen room={room} />;
  const reason =
    phase === "logged-out-by-server"
      ? say("composer.loggedOut")
      : room.membership !== "join"
        ? say("composer.notJoined")
        : details?.can.send === false
          ? say("composer.noPermission")
          : null;
  return (
    <ActionsContext value={actions}>
      <LinkContext value={links}>
        <RoomHeader room={room} />
        <RoomTimeline room={room} />
        <TypingLine roomId={room.roomId} />
        <SafetyBar room={room} />
        {room.membership === "join" || phase === "logged-out-by-server" ? (
          <Composer key={room.roomId} room={room} disabledReason={reason} />
        ) : (
          <LeftRoom roomId={room.roomId} />
        )}
        {room.membership === "join" && reason === null && <DropTarget roomId={room.roomId} name={room.name} />}
        {deleting !== null && <DeleteMessage item={deleting} roomId={room.roomId} onClose={() => setDeleting(null)} />}
      </LinkContext>
    </ActionsContext>
  );
}

function RoomTimeline({ room }: { readonly room: RoomSummary }): ReactNode {
  const session = useSession();
  const say = useSay();
  const phase = useStore(session.timeline.state, (state) => (state.roomId === room.roomId ? state.phase : "opening"));
  const error = useStore(session.timeline.state, (state) => state.error);
  if (phase === "open") return <TimelineView key={room.roomId} room={room} />;
  if (phase === "failed")
    return (
      <div className="room__failed" data-landmark="timeline">
        <h2>{say("room.failed")}</h2>
        <ErrorNote
          code={error ?? "internal"}
          actions={<Button onPress={() => void session.timeline.open(room.roomId)}>{say("common.retry")}</Button>}
        />
      </div>
    );
  return (
    <div className="timeline">
      <Delayed>
        <TimelineSkeleton />
      </Delayed>
    </div>
  );
}

function LeftRoom({ roomId }: { readonly roomId: string }): ReactNode {
  const say = useSay();
  const session = useSession();
  const forget = async (): Promise<void> => {
    const answer = await session.link.call("forget", { roomId });
    if (answer.ok) session.closeRoom();
  };
  return (
    <div className="composer composer--disabled" data-landmark="composer" tabIndex={-1}>
      <div className="room__left">
        <strong>{say("room.leftTitle")}</strong>
        <span className="muted">{say("room.leftText")}</span>
        <Button size="small" onPress={() => void forget()}>
          {say("room.forget")}
        </Button>
      </div>
    </div>
  );
}

type DeleteProps = { readonly item: TimelineItem; readonly roomId: string; readonly onClose: () => void };

function DeleteMessage({ item, roomId, onClose }: DeleteProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const [error, setError] = useState<ReactNode>(null);
  const [busy, setBusy] = useState(false);
  const remove = async (): Promise<void> => {
    if (item.eventId === null) return;
    setBusy(true);
    const answer = await session.link.call("redact", { roomId, eventId: item.eventId });
    setBusy(false);
    if (answer.ok) onClose();
    else setError(<ErrorNote code={answer.error.code} />);
  };
  return (
    <Confirm
      title={say("tools.deleteTitle")}
      text={
        <>
          <p>{say("tools.deleteText")}</p>
          <blockquote className="room__quoted">{itemText(say, item).slice(0, 300)}</blockquote>
        </>
      }
      confirm={say("tools.deleteConfirm")}
      danger
      busy={busy}
      error={error}
      onConfirm={() => void remove()}
      onClose={onClose}
    />
  );
}

function actionsFor(
  session: Session,
  roomId: string,
  details: RoomDetails | null,
  say: Say,
  askDelete: (item: TimelineItem) => void,
): TimelineActions {
  const draft = session.drafts.of(roomId);
  const can = details?.can;
  return {
    canReact: can?.send ?? false,
    canPin: can?.pin ?? false,
    isPinned: (eventId) => details?.pinned.includes(eventId) ?? false,
    setPinned: (eventId, pinned) => setPinned(session, roomId, eventId, pinned),
    canDelete: (item) =>
      item.eventId !== null && item.content.kind !== "redacted" && (item.mine ? (can?.send ?? false) : (can?.redactOthers ?? false)),
    reply: (item) => draft.update((now) => replyTo(now, item)),
    edit: (item) => draft.update((now) => editItem(now, item)),
    askDelete,
    react(item, key) {
      if (item.eventId === null) return;
      const mine = item.reactions.find((reaction) => reaction.key === key)?.mine ?? null;
      if (mine === null) void session.link.call("react", { roomId, eventId: item.eventId, key });
      else void session.link.call("redact", { roomId, eventId: mine });
    },
    copy: (item) => void navigator.clipboard.writeText(itemText(say, item)),
    copyLink: (eventId) => void copyLink(session, roomId, eventId),
    forward: (item) => session.showDialog({ kind: "forward", roomId, item }),
    showHistory: (eventId) => session.showDialog({ kind: "edit-history", roomId, eventId }),
    jumpTo: (eventId) => session.openRoom(roomId, eventId),
    retry: (item) => void session.link.call("retrySend", { roomId, itemId: item.id }),
    cancelSend: (item) => void session.link.call("cancelSend", { roomId, itemId: item.id }),
    openPerson: (userId) => session.showPanel({ kind: "person", userId, from: null }),
  };
}

async function copyLink(session: Session, roomId: string, eventId: string): Promise<void> {
  const answer = await session.link.call("messageLink", { roomId, eventId });
  if (answer.ok) await navigator.clipboard.writeText(answer.value.link);
  else session.refused.set(answer.error.code);
}

import { useCallback, useState, type ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import type { TimelineItem } from "../../../protocol/messages/timeline-item.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { itemText } from "../timeline/item-text.ts";
import { RoomPicker } from "./room-picker.tsx";
import { useTask } from "./use-task.ts";

type Props = {
  readonly roomId: string;
  readonly item: TimelineItem & { readonly eventId: string };
  readonly onClose: () => void;
};

/** Sends what a message says to another room: which one is chosen first, and said once more before it goes. */
export function ForwardMessage({ roomId, item, onClose }: Props): ReactNode {
  const say = useSay();
  const [target, setTarget] = useState<RoomSummary | null>(null);
  const isFile = item.content.kind === "media";
  const isOffered = useCallback(
    // The key of a file is only for what is encrypted, and a file that lies open proves nothing there.
    (room: RoomSummary) => room.membership === "join" && (!isFile || room.encrypted === item.encrypted),
    [isFile, item.encrypted],
  );
  if (target !== null)
    return <ConfirmForward roomId={roomId} item={item} target={target} onBack={() => setTarget(null)} onClose={onClose} />;
  return (
    <RoomPicker
      title={say("forward.title")}
      placeholder={say("forward.placeholder")}
      isOffered={isOffered}
      mark={Clear}
      above={
        <>
          <h2 className="switcher__title">{say("forward.title")}</h2>
          <Quoted item={item} />
        </>
      }
      foot={isFile && <div className="switcher__foot">{say(item.encrypted ? "forward.files" : "forward.filesClear")}</div>}
      onPick={setTarget}
      onClose={onClose}
    />
  );
}

function ConfirmForward({
  roomId,
  item,
  target,
  onBack,
  onClose,
}: Props & { readonly target: RoomSummary; readonly onBack: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const leaks = item.encrypted && !target.encrypted;
  const forward = (): Promise<void> =>
    task.run(
      () => session.link.call("forward", { roomId, eventId: item.eventId, toRoomId: target.roomId }),
      () => {
        onClose();
        // There it is seen on its way, and whatever holds it back.
        session.openRoom(target.roomId);
      },
    );
  return (
    <Dialog
      title={say("forward.confirmTitle", { room: target.name })}
      onClose={onClose}
      foot={
        <>
          <Button autoFocus={leaks} onPress={onBack}>
            {say("forward.other")}
          </Button>
          <Button look="primary" autoFocus={!leaks} isDisabled={task.busy} onPress={() => void forward()}>
            {say("forward.confirm")}
          </Button>
        </>
      }
    >
      <Quoted item={item} />
      {leaks && <Note tone="warn">{say("forward.clear", { room: target.name })}</Note>}
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

function Quoted({ item }: { readonly item: TimelineItem }): ReactNode {
  const say = useSay();
  return (
    <figure className="forwarded" aria-label={say("forward.message", { name: item.senderName })}>
      <figcaption>{item.senderName}</figcaption>
      <blockquote>{itemText(say, item).slice(0, 300)}</blockquote>
    </figure>
  );
}

function Clear({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  return room.encrypted ? null : <span className="picker__mark">{say("forward.notEncrypted")}</span>;
}

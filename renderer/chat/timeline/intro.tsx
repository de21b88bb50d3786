import { LockKeyhole, LockKeyholeOpen } from "lucide-react";
import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { useSay } from "../../ui/text.tsx";

type IntroProps = { readonly room: RoomSummary; readonly index: number; readonly tabbable: boolean };

/** The beginning of a room. */
export function Intro({ room, index, tabbable }: IntroProps): ReactNode {
  const say = useSay();
  const Icon = room.encrypted ? LockKeyhole : LockKeyholeOpen;
  const title = room.kind === "dm" ? say("timeline.startDm", { name: room.name }) : say("timeline.start", { room: room.name });
  return (
    <article className="intro" tabIndex={tabbable ? 0 : -1} data-index={index} aria-label={title}>
      <RoomAvatar room={room} size={72} />
      <h2>{title}</h2>
      {room.topic !== null && room.topic !== "" && <p className="muted">{room.topic}</p>}
      <p className={room.encrypted ? "intro__trust" : "intro__trust intro__trust--clear"}>
        <Icon className="icon" size={14} aria-hidden />
        {say(room.encrypted ? "timeline.startEncrypted" : "timeline.startClear")}
      </p>
    </article>
  );
}

import { LockKeyhole, ShieldAlert, ShieldCheck, TriangleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { useLookup } from "../state/lookup.ts";
import { concernsOf, trustOf, type RoomTrust } from "../state/room-trust.ts";
import { useSession, type RoomDetails } from "../state/session.ts";

type Props = { readonly room: RoomSummary; readonly details: RoomDetails | null };

const ICONS: Readonly<Record<RoomTrust, LucideIcon>> = {
  normal: LockKeyhole,
  verified: ShieldCheck,
  attention: TriangleAlert,
  alert: ShieldAlert,
};

/** Who can read the room, and how sure it is who they are. */
export function RoomEncryption({ room, details }: Props): ReactNode {
  const say = useSay();
  const session = useSession();
  const safety = useLookup(session.roomSafety, room.encrypted && room.membership === "join" ? room.roomId : null).value;
  if (!room.encrypted)
    return (
      <div className="info__encryption info__encryption--off">
        <TriangleAlert className="icon" size={18} strokeWidth={1.8} aria-hidden />
        <p>{say("info.off")}</p>
      </div>
    );
  const trust = trustOf(safety, room.memberCount);
  const concerned = new Set(concernsOf(safety).map(({ userId }) => userId)).size;
  const Icon = ICONS[trust];
  return (
    <div className={`info__encryption info__encryption--${trust}`}>
      <Icon className="icon" size={18} strokeWidth={1.8} aria-hidden />
      <div>
        <p>{say("info.on")}</p>
        {safety !== null && room.memberCount > 1 && <p>{say(`info.trust.${trust}`, { count: concerned })}</p>}
        {details !== null && <p className="muted">{rotation(say, details)}</p>}
      </div>
    </div>
  );
}

function rotation(say: Say, { rotationPeriodMs, rotationPeriodMsgs }: RoomDetails): string {
  if (rotationPeriodMs === null || rotationPeriodMsgs === null) return say("info.rotationDefault");
  return say("info.rotation", { messages: rotationPeriodMsgs, period: periodText(say, rotationPeriodMs) });
}

function periodText(say: Say, ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes % (7 * 24 * 60) === 0) return say("info.weeks", { count: minutes / (7 * 24 * 60) });
  if (minutes >= 48 * 60) return say("info.days", { count: Math.round(minutes / (24 * 60)) });
  if (minutes >= 90) return say("info.hours", { count: Math.round(minutes / 60) });
  return say("info.minutes", { count: minutes });
}

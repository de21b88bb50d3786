import { MessageCircle, MonitorSmartphone, UserMinus } from "lucide-react";
import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { openDm } from "../dialogs/new-dm.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useLookup } from "../state/lookup.ts";
import { localpart, nameOf } from "../state/mention-query.ts";
import { isOnlyVerified } from "../state/room-trust.ts";
import { useSession } from "../state/session.ts";
import { CopyLine } from "./copy-line.tsx";
import { DeviceList } from "./device-list.tsx";
import { IdentityMark } from "./identity-mark.tsx";
import { roleText } from "./members-panel.tsx";

type PersonProps = { readonly userId: string; readonly room: RoomSummary };

/** A person as seen from a room: who they are there, and their devices. */
export function PersonPanel({ userId, room }: PersonProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const account = useStore(session.account, (now) => now);
  const members = useLookup(session.members, room.roomId).value;
  const can = useLookup(session.details, room.roomId).value?.can;
  const identity = useLookup(session.identities, userId).value;
  const safety = useLookup(session.roomSafety, room.encrypted && room.membership === "join" ? room.roomId : null).value;
  const task = useTask();
  const member = members?.find((candidate) => candidate.userId === userId);
  const own = members?.find((candidate) => candidate.userId === account?.userId);
  const name = member === undefined ? localpart(userId) : nameOf(member);
  const isMe = userId === account?.userId;
  const mayRemove =
    can?.kick === true &&
    !isMe &&
    member !== undefined &&
    (member.membership === "join" || member.membership === "invite") &&
    (own?.powerLevel ?? 0) > member.powerLevel;

  return (
    <div className="panel__body">
      <div className="info__top">
        <Avatar id={userId} name={name} mxc={member?.avatar ?? null} size={72} shape="person" />
        <h3>{name}</h3>
      </div>
      {!isMe && room.dmUserId !== userId && (
        <div className="panel__actions">
          <Button icon={MessageCircle} isDisabled={task.busy} onPress={() => void task.run(() => openDm(session, userId))}>
            {say("person.message")}
          </Button>
        </div>
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
      {identity !== null && !isMe && <IdentityMark identity={identity} userId={userId} name={name} roomId={room.roomId} />}
      <dl className="facts">
        <CopyLine label={say("account.userId")} value={userId} copyLabel={say("person.copyId")} />
        {member !== undefined && (
          <div className="fact">
            <dt>{say("person.role")}</dt>
            <dd>{roleText(say, member) ?? say("person.member")}</dd>
          </div>
        )}
      </dl>
      <section className="panel__section">
        <h4>{say("person.devices")}</h4>
        <p className="muted">
          {say(isMe ? "person.devicesOwn" : isOnlyVerified(safety) ? "precaution.personDevices" : "person.devicesText")}
        </p>
        {isMe ? (
          <Button icon={MonitorSmartphone} onPress={() => session.showDialog({ kind: "settings", section: "devices" })}>
            {say("person.manageDevices")}
          </Button>
        ) : (
          <DeviceList userId={userId} ownerVerified={identity?.verified === true} />
        )}
      </section>
      {mayRemove && (
        <Button
          look="danger-quiet"
          icon={UserMinus}
          onPress={() => session.showDialog({ kind: "remove-person", roomId: room.roomId, userId, name })}
        >
          {say("person.remove")}
        </Button>
      )}
    </div>
  );
}

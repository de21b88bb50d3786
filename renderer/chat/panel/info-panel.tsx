import { LogOut, Pencil, UserPlus, UsersRound } from "lucide-react";
import type { ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Switch } from "../../ui/choice.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { Select } from "../../ui/select.tsx";
import { useSay, type Say } from "../../ui/text.tsx";
import { useLookup } from "../state/lookup.ts";
import { ROOM_NOTIFY, setFavourite, setRoomNotify } from "../state/room-preferences.ts";
import { useSession } from "../state/session.ts";
import { CopyLine } from "./copy-line.tsx";
import { PinList } from "./pin-list.tsx";
import { RoomEncryption } from "./room-encryption.tsx";
import { RoomPrecaution } from "./room-precaution.tsx";

export function InfoPanel({ room }: { readonly room: RoomSummary }): ReactNode {
  const say = useSay();
  const session = useSession();
  const { value: details, error } = useLookup(session.details, room.roomId);
  const can = details?.can;
  const { dmUserId } = room;
  return (
    <div className="panel__body">
      <div className="info__top">
        <RoomAvatar room={room} size={72} />
        <h3>{room.name}</h3>
        <p className="muted info__topic">
          {room.topic === null || room.topic === "" ? (room.kind === "dm" ? dmUserId : say("info.noTopic")) : room.topic}
        </p>
      </div>
      <div className="panel__actions">
        <Button
          icon={UsersRound}
          onPress={() => session.showPanel(dmUserId === null ? { kind: "members" } : { kind: "person", userId: dmUserId, from: "info" })}
        >
          {dmUserId === null ? say("room.members", { count: room.memberCount }) : say("person.devices")}
        </Button>
        {can?.invite === true && (
          <Button icon={UserPlus} onPress={() => session.showDialog({ kind: "invite", roomId: room.roomId })}>
            {say("info.invitePeople")}
          </Button>
        )}
        {can?.rename === true && room.kind === "room" && (
          <Button icon={Pencil} onPress={() => session.showDialog({ kind: "rename", roomId: room.roomId })}>
            {say("info.rename")}
          </Button>
        )}
      </div>
      {room.membership === "join" && (
        <section className="panel__section">
          <Select
            label={say("roomMenu.notify")}
            hint={say("roomMenu.notifyHint")}
            options={ROOM_NOTIFY.map((value) => ({ value, title: say(`roomMenu.notify.${value}`) }))}
            value={room.notify}
            onChange={(notify) => setRoomNotify(session, room, notify)}
          />
          <Switch
            title={say("roomMenu.favouriteTitle")}
            hint={say("roomMenu.favouriteHint")}
            selected={room.favourite}
            onChange={(favourite) => setFavourite(session, room, favourite)}
          />
        </section>
      )}
      {error !== null && details === null && (
        <ErrorNote code={error} actions={<Button onPress={() => session.details.refresh(room.roomId)}>{say("common.retry")}</Button>} />
      )}
      {details === null && error === null && (
        <Delayed>
          <span className="skeleton devices__skeleton" role="status" aria-label={say("common.loading")} />
        </Delayed>
      )}
      {details !== null && details.pinned.length > 0 && (
        <section className="panel__section" aria-label={say("pins.title")}>
          <h4>{say("pins.title")}</h4>
          <PinList key={room.roomId} roomId={room.roomId} mayPin={details.can.pin} />
        </section>
      )}
      <section className="panel__section">
        <h4>{say("info.encryption")}</h4>
        <RoomEncryption room={room} details={details} />
        {room.encrypted && room.membership === "join" && <RoomPrecaution room={room} />}
        {!room.encrypted && can?.rename === true && (
          <Button onPress={() => session.showDialog({ kind: "enable-encryption", roomId: room.roomId })}>{say("info.enable")}</Button>
        )}
      </section>
      {details !== null && (
        <section className="panel__section">
          <h4>{say("info.about")}</h4>
          <dl className="facts">
            {details.canonicalAlias !== null && (
              <CopyLine label={say("info.address")} value={details.canonicalAlias} copyLabel={say("info.copyAddress")} />
            )}
            <div className="fact">
              <dt>{say("info.join")}</dt>
              <dd>{joinRule(say, details.joinRule)}</dd>
            </div>
            <div className="fact">
              <dt>{say("info.history")}</dt>
              <dd>{say(`info.history.${details.historyVisibility}`)}</dd>
            </div>
            {details.version !== null && (
              <div className="fact">
                <dt>{say("info.version")}</dt>
                <dd className="tabular">{details.version}</dd>
              </div>
            )}
            <CopyLine label={say("info.id")} value={room.roomId} mono copyLabel={say("common.copy")} />
          </dl>
        </section>
      )}
      {room.membership === "join" && (
        <Button look="danger-quiet" icon={LogOut} onPress={() => session.showDialog({ kind: "leave", roomId: room.roomId })}>
          {say(room.kind === "dm" ? "info.leaveDm" : "info.leave")}
        </Button>
      )}
    </div>
  );
}

function joinRule(say: Say, rule: string): string {
  switch (rule) {
    case "public":
    case "invite":
    case "knock":
    case "restricted":
      return say(`info.join.${rule}`);
    default:
      return say("info.join.other");
  }
}

import { createContext, useContext, useSyncExternalStore, type ReactNode } from "react";
import type { RoomSummary } from "../../protocol/messages/room-summary.ts";
import "./avatar.css";
import { avatarHue, initials } from "./avatar-colour.ts";
import type { AvatarSource } from "./avatar-source.ts";

const none: AvatarSource = { picture: () => null, subscribe: () => () => undefined };
export const AvatarContext = createContext<AvatarSource>(none);

type AvatarProps = {
  readonly id: string;
  readonly name: string;
  readonly mxc: string | null;
  readonly size: 20 | 24 | 28 | 36 | 40 | 72;
  /** People are round, rooms are square. */
  readonly shape: "person" | "room";
};

/** Decoration beside a name, so screen readers skip it. */
export function Avatar({ id, name, mxc, size, shape }: AvatarProps): ReactNode {
  const source = useContext(AvatarContext);
  const url = useSyncExternalStore(source.subscribe, () => (mxc === null ? null : source.picture(mxc)));
  return (
    <span className={`avatar avatar--${size} avatar--${shape} hue-${avatarHue(id)}`} aria-hidden>
      {url === null ? <span className="avatar__initials">{initials(name)}</span> : <img src={url} alt="" draggable={false} />}
    </span>
  );
}

type RoomAvatarProps = {
  readonly room: Pick<RoomSummary, "roomId" | "dmUserId" | "name" | "avatar" | "kind">;
  readonly size: AvatarProps["size"];
};

/** A direct chat looks like whom it is with. */
export function RoomAvatar({ room, size }: RoomAvatarProps): ReactNode {
  const { roomId, dmUserId, name, avatar, kind } = room;
  return <Avatar id={dmUserId ?? roomId} name={name} mxc={avatar} size={size} shape={kind === "dm" ? "person" : "room"} />;
}

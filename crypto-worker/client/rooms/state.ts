import type { RoomId } from "../../../protocol/ids.ts";
import type { MemberRecord } from "../../store/tables/room-members.ts";
import type { Membership } from "../../store/tables/rooms.ts";
import { parseEncryptionContent } from "../../wire/encryption-event.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import type { RoomEvent, StrippedStateEvent } from "../../wire/room-event.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { parseShownUserId } from "../shown-ids.ts";
import { cleanMxc, cleanName } from "./names.ts";

/** Applies one event of a joined room's current state. */
export function applyState(context: ClientContext, changes: Changes, roomId: RoomId, event: RoomEvent): void {
  if (event.stateKey === undefined) return;
  changes.rooms.add(roomId);
  if (event.type === "m.room.member") {
    applyMember(context, changes, roomId, { ...event, stateKey: event.stateKey });
    if (event.stateKey !== context.userId) return;
  }
  if (event.type === "m.room.pinned_events" && event.stateKey === "") changes.pins.add(roomId);
  if (event.type === "m.room.encryption" && event.stateKey === "") latchEncryption(context, changes, roomId, event.content);
  context.store.roomState.save(roomId, {
    type: event.type,
    stateKey: event.stateKey,
    eventId: event.eventId,
    sender: event.sender,
    content: event.content,
  });
}

/** Applies what an invite or a knock shows of a room. It comes without proof, so it sets no latch. */
export function applyStrippedState(context: ClientContext, changes: Changes, roomId: RoomId, event: StrippedStateEvent): void {
  changes.rooms.add(roomId);
  if (event.type === "m.room.member") {
    const member = parseMember(event.stateKey, event.sender, event.content);
    if (member !== undefined) context.store.members.save(roomId, member);
  }
  context.store.roomState.save(roomId, { ...event, eventId: undefined });
}

export function parseMember(stateKey: string, sender: MemberRecord["sender"], content: JsonObject): MemberRecord | undefined {
  const userId = parseShownUserId(stateKey);
  const membership = parseMembership(stringField(content, "membership"));
  if (userId === undefined || membership === undefined) return undefined;
  return {
    userId,
    membership,
    displayName: cleanName(stringField(content, "displayname")),
    avatar: cleanMxc(stringField(content, "avatar_url")),
    sender,
  };
}

function parseMembership(value: string | undefined): Membership | undefined {
  return value === "join" || value === "invite" || value === "leave" || value === "ban" || value === "knock" ? value : undefined;
}

function applyMember(
  context: ClientContext,
  changes: Changes,
  roomId: RoomId,
  event: { readonly stateKey: string; readonly sender: MemberRecord["sender"]; readonly content: JsonObject },
): void {
  const member = parseMember(event.stateKey, event.sender, event.content);
  if (member === undefined) return;
  const { members } = context.store;
  const before = members.load(roomId, member.userId);
  members.save(roomId, member);
  changes.touchMember(roomId, member.userId);
  changes.names.note(roomId, before, member);
  const isPresent = member.membership === "join" || member.membership === "invite";
  if (isPresent && before?.membership !== member.membership) {
    const fresh = changes.newMembers.get(roomId) ?? new Set();
    fresh.add(member.userId);
    changes.newMembers.set(roomId, fresh);
  }
}

/**
 * Once a room is encrypted it stays so, whatever its state says later. An algorithm that this build does not know is latched too: sending
 * is refused then. Rotation may become stricter, never looser.
 */
export function latchEncryption(context: ClientContext, changes: Changes, roomId: RoomId, content: JsonObject): void {
  const { rooms } = context.store;
  const room = rooms.load(roomId);
  if (room === undefined) return;
  const settings = parseEncryptionContent(content);
  if (settings.ok) {
    const { algorithm, rotationPeriodMs, rotationPeriodMsgs } = settings.value;
    rooms.latchEncryption(roomId, algorithm, stricter(room.rotationMs, rotationPeriodMs), stricter(room.rotationMsgs, rotationPeriodMsgs));
  } else if (room.algorithm === undefined) {
    rooms.latchEncryption(roomId, stringField(content, "algorithm")?.slice(0, 255) ?? "", undefined, undefined);
  }
  changes.rooms.add(roomId);
}

const stricter = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

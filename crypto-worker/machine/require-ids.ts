import { parseDeviceId, parseRoomId, parseUserId, type DeviceId, type RoomId, type UserId } from "../../protocol/ids.ts";
import { MachineError } from "./machine-error.ts";

/** @throws MachineError */
export function requireUserId(value: string): UserId {
  const userId = parseUserId(value);
  if (!userId.ok) throw new MachineError(userId.error);
  return userId.value;
}

/** @throws MachineError */
export function requireDeviceId(value: string): DeviceId {
  const deviceId = parseDeviceId(value);
  if (!deviceId.ok) throw new MachineError(deviceId.error);
  return deviceId.value;
}

/** @throws MachineError */
export function requireRoomId(value: string): RoomId {
  const roomId = parseRoomId(value);
  if (!roomId.ok) throw new MachineError(roomId.error);
  return roomId.value;
}

/** Those of the values that are user ids. */
export function userIdsOf(values: Iterable<string>): UserId[] {
  const userIds: UserId[] = [];
  for (const value of values) {
    const userId = parseUserId(value);
    if (userId.ok) userIds.push(userId.value);
  }
  return userIds;
}

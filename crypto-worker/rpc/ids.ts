import { CodedError } from "../../protocol/errors.ts";
import {
  parseDeviceId,
  parseEventId,
  parseRoomId,
  parseUserId,
  type DeviceId,
  type EventId,
  type RoomId,
  type UserId,
} from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";

/** The contracts' schemas check an id's rough shape; these check the rest. */
export const roomIdOf = (value: string): RoomId => required(parseRoomId(value));
export const userIdOf = (value: string): UserId => required(parseUserId(value));
export const deviceIdOf = (value: string): DeviceId => required(parseDeviceId(value));
export const eventIdOf = (value: string): EventId => required(parseEventId(value));

function required<T>(result: Result<T, string>): T {
  if (!result.ok) throw new CodedError("invalid-request");
  return result.value;
}

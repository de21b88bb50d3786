import { deviceListDelta } from "./device-list-delta.ts";
import { matchesFilter } from "./filters.ts";
import type { JsonObject } from "./json.ts";
import { invalidParam } from "./matrix-error.ts";
import type { Room } from "./room.ts";
import type { ServerState } from "./server-state.ts";
import type { Session } from "./sessions.ts";
import { encodeSyncToken, parseSyncToken, type SyncToken } from "./stream.ts";
import { strippedState, syncJoinedRoom, syncLeftRoom, type SyncScope } from "./sync-room.ts";

export type SyncRequest = {
  session: Session;
  since: string | undefined;
  filter: string | undefined;
  timeoutMs: number;
  fullState: boolean;
  /** Called before each look, so that a poll ends when its token does. */
  stillValid: () => void;
  gone: AbortSignal;
};

/** GET /sync: answers at once if there is news (or it is the first sync), else waits for some until the time-out. */
export async function sync(state: ServerState, request: SyncRequest): Promise<JsonObject> {
  const { session } = request;
  const since = request.since === undefined || request.since === "" ? undefined : parseSince(state, request.since);
  const filter = state.filters.resolve(session.userId, request.filter);
  // The since token acknowledges to-device messages; asked again with the same one, the rest is delivered again.
  if (since !== undefined) state.toDevice.acknowledge(session.userId, session.deviceId, since.toDevice);
  const deadline = Date.now() + request.timeoutMs;
  for (;;) {
    request.stillValid();
    const scope: SyncScope = {
      state,
      viewer: session,
      filter,
      since: since?.position,
      until: state.stream.position,
      fullState: request.fullState,
    };
    const { response, hasNews } = answer(scope, since);
    const remaining = deadline - Date.now();
    if (hasNews || since === undefined || request.fullState || remaining <= 0 || request.gone.aborted) return response;
    await state.stream.wait(session.userId, remaining, request.gone);
  }
}

function answer(scope: SyncScope, since: SyncToken | undefined): { response: JsonObject; hasNews: boolean } {
  const { state, viewer, filter, until } = scope;
  const { userId, deviceId } = viewer;
  const from = since?.position ?? 0;
  const toDevice = state.toDevice.after(userId, deviceId, since?.toDevice ?? 0, until);
  const rooms = syncRooms(scope);
  const accountData = state.accountData.changedSince(userId, undefined, from);
  const hasRules = accountData.some((entry) => entry.type === "m.push_rules");
  if (since === undefined && !hasRules) accountData.unshift({ type: "m.push_rules", content: { global: state.pushRules.of(userId) } });
  const wanted = accountData.filter((entry) => matchesFilter(filter.accountData, entry));
  const deviceLists =
    since === undefined ? { changed: [], left: [] } : deviceListDelta(state.rooms, state.deviceLists, userId, from, until);
  const hasNews =
    toDevice.messages.length > 0 ||
    Object.keys(rooms).length > 0 ||
    wanted.length > 0 ||
    deviceLists.changed.length > 0 ||
    deviceLists.left.length > 0 ||
    state.deviceKeys.countsChangedAt(userId, deviceId) > from;
  const response = {
    next_batch: encodeSyncToken({ position: until, toDevice: toDevice.reached }),
    account_data: { events: wanted },
    presence: { events: [] },
    to_device: { events: toDevice.messages.map(({ type, sender, content }) => ({ type, sender, content })) },
    device_lists: deviceLists,
    device_one_time_keys_count: state.deviceKeys.counts(userId, deviceId),
    device_unused_fallback_key_types: state.deviceKeys.unusedFallbackTypes(userId, deviceId),
    rooms,
  };
  return { response, hasNews };
}

function syncRooms(scope: SyncScope): JsonObject {
  const { viewer, since } = scope;
  const join: JsonObject = {};
  const invite: JsonObject = {};
  const knock: JsonObject = {};
  const leave: JsonObject = {};
  for (const room of scope.state.rooms.ofUser(viewer.userId)) {
    if (!isWanted(scope, room)) continue;
    const own = room.state("m.room.member", viewer.userId);
    const isNews = since === undefined || (own?.position ?? 0) > since;
    switch (room.membership(viewer.userId)) {
      case "join": {
        const entry = syncJoinedRoom(scope, room);
        if (entry !== undefined) join[room.roomId] = entry;
        break;
      }
      case "invite":
        if (isNews) invite[room.roomId] = { invite_state: { events: strippedState(room, viewer.userId) } };
        break;
      case "knock":
        if (isNews) knock[room.roomId] = { knock_state: { events: strippedState(room, viewer.userId) } };
        break;
      case "leave":
      case "ban": {
        const isAsked = since === undefined ? scope.filter.includeLeave : isNews;
        const entry = isAsked && !room.forgottenBy.has(viewer.userId) ? syncLeftRoom(scope, room) : undefined;
        if (entry !== undefined) leave[room.roomId] = entry;
        break;
      }
    }
  }
  const sections = Object.entries({ join, invite, knock, leave }).filter(([, rooms]) => Object.keys(rooms).length > 0);
  return Object.fromEntries(sections);
}

function isWanted({ filter }: SyncScope, room: Room): boolean {
  return (filter.rooms === undefined || filter.rooms.includes(room.roomId)) && !filter.notRooms.includes(room.roomId);
}

function parseSince(state: ServerState, since: string): SyncToken {
  const token = parseSyncToken(since);
  if (token === undefined || token.position > state.stream.position) throw invalidParam("Invalid since token");
  return token;
}

import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { parseRoomId, parseUserId, type EventId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { booleanField, stringField, type JsonObject } from "../../wire/json.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import type { RoomHistory } from "../history/room-history.ts";
import { roomPath, segment } from "../http.ts";
import { markOwnAsRead } from "../sync/receipts.ts";
import { withDirectRoom } from "./direct-rooms.ts";
import { latchEncryption } from "./state.ts";

/** How long making or joining a room waits for the sync that brings it. */
const ARRIVAL_WAIT_MS = 10_000;
const TYPING_MS = 20_000;
/** How far back an invitation is looked for that was accepted before it was seen. */
const LATE_EVENTS = 50;

/** What a person does with rooms. Each is one request; what it changes comes back with the sync. */
export class RoomActions {
  readonly #context: ClientContext;
  readonly #history: RoomHistory;
  readonly #arrivals = new Map<RoomId, Set<() => void>>();

  constructor(context: ClientContext, history: RoomHistory) {
    this.#context = context;
    this.#history = history;
  }

  async create(params: ParamsOf<ChatContract["createRoom"]>): Promise<RoomId> {
    const encryption = encryptionContent(params.rotationPeriodMs, params.rotationPeriodMsgs);
    const initialState: JsonObject[] = [];
    if (params.encrypted) initialState.push({ type: "m.room.encryption", state_key: "", content: encryption });
    if (params.historyVisibility !== undefined) {
      initialState.push({ type: "m.room.history_visibility", state_key: "", content: { history_visibility: params.historyVisibility } });
    }
    const answer = await this.#context.http.jsonOrThrow({
      kind: "room",
      method: "POST",
      path: "/_matrix/client/v3/createRoom",
      timeoutMs: 60_000,
      body: {
        preset: params.preset ?? (params.direct ? "trusted_private_chat" : "private_chat"),
        visibility: "private",
        invite: params.invite,
        is_direct: params.direct,
        initial_state: initialState,
        ...(params.name === undefined || params.name === "" ? {} : { name: params.name }),
        ...(params.topic === undefined || params.topic === "" ? {} : { topic: params.topic }),
      },
    });
    const roomId = requireRoomId(answer);
    // Latched before anything can be sent, even if the server should withhold the state event.
    this.#context.commit((changes) => {
      const known = this.#context.store.rooms.load(roomId);
      if (known === undefined) this.#context.store.rooms.enter(roomId, "join", false);
      if (params.encrypted) latchEncryption(this.#context, changes, roomId, encryption);
    });
    const partner = params.direct ? parseUserId(params.invite[0]) : undefined;
    if (partner?.ok === true) await this.#markDirect(roomId, partner.value);
    await this.#arrival(roomId);
    return roomId;
  }

  /** `via`: servers that may know a room by this id, for one that ours does not know. */
  async join(roomIdOrAlias: string, via: readonly string[] = []): Promise<RoomId> {
    const invited = parseRoomId(roomIdOrAlias);
    const own = invited.ok ? this.#context.store.roomState.load(invited.value, "m.room.member", this.#context.userId) : undefined;
    const invite = own !== undefined && stringField(own.content, "membership") === "invite" ? own : undefined;
    const isDirect = invite !== undefined && booleanField(invite.content, "is_direct") === true;
    // On disk first: the inviter's keys of what was said before are taken even if our own end comes before the answer.
    if (invited.ok && invite !== undefined) this.#history.accepted(invited.value, invite.sender);
    const answer = await this.#context.http.jsonOrThrow({
      kind: "room",
      method: "POST",
      path: `/_matrix/client/v3/join/${segment(roomIdOrAlias)}${viaQuery(via)}`,
      timeoutMs: 120_000,
      retry: "safe",
      body: {},
    });
    const roomId = requireRoomId(answer);
    if (isDirect) await this.#markDirect(roomId, invite.sender);
    await this.#arrival(roomId);
    const inviter = invite === undefined ? this.#lateInviter(roomId) : undefined;
    if (inviter !== undefined) this.#history.accepted(roomId, inviter);
    return roomId;
  }

  /** Of an invitation that was accepted before the sync brought it. */
  #lateInviter(roomId: RoomId): UserId | undefined {
    const { store, userId } = this.#context;
    const [joined, before] = store.events
      .shownBefore(roomId, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, LATE_EVENTS)
      .filter(({ type, stateKey }) => type === "m.room.member" && stateKey === userId);
    if (joined === undefined || before === undefined || stringField(joined.content, "membership") !== "join") return undefined;
    return stringField(before.content, "membership") === "invite" ? before.sender : undefined;
  }

  async leave(roomId: RoomId): Promise<void> {
    await this.#post(roomId, "leave", {});
    this.#context.commit((changes) => {
      this.#context.store.rooms.enter(roomId, "leave", false);
      this.#context.machine.history.forgetBundle(roomId);
      changes.rooms.add(roomId);
    });
  }

  /** Also forgets its history here. That it was encrypted stays known. */
  async forget(roomId: RoomId): Promise<void> {
    await this.#post(roomId, "forget", {});
    const { drafts, events, gaps, receipts, members, roomState, rooms } = this.#context.store;
    this.#context.commit((changes) => {
      for (const table of [drafts, events, gaps, receipts, members, roomState]) table.drop(roomId);
      rooms.unlist(roomId);
      changes.rooms.add(roomId);
    });
  }

  /** Where the room's past is for newcomers, they get its keys before the invitation. */
  async invite(roomId: RoomId, userId: UserId): Promise<void> {
    await this.#history.inviting(roomId, userId, () => this.#post(roomId, "invite", { user_id: userId }));
  }

  async kick(roomId: RoomId, userId: UserId, reason: string | undefined): Promise<void> {
    await this.#post(roomId, "kick", { user_id: userId, ...(reason === undefined ? {} : { reason }) });
  }

  async setName(roomId: RoomId, name: string): Promise<void> {
    await this.#setState(roomId, "m.room.name", { name });
  }

  async setTopic(roomId: RoomId, topic: string): Promise<void> {
    await this.#setState(roomId, "m.room.topic", { topic });
  }

  async enableEncryption(roomId: RoomId): Promise<void> {
    const content = encryptionContent(undefined, undefined);
    await this.#setState(roomId, "m.room.encryption", content);
    this.#context.commit((changes) => latchEncryption(this.#context, changes, roomId, content));
  }

  async setTyping(roomId: RoomId, typing: boolean): Promise<void> {
    const body = typing ? { typing, timeout: TYPING_MS } : { typing };
    const path = roomPath(roomId, `typing/${segment(this.#context.userId)}`);
    await this.#context.http.jsonOrThrow({ kind: "room", method: "PUT", path, body });
  }

  /** Counts as read here at once; the server is told, and may be told later where it cannot be reached. */
  async markRead(roomId: RoomId, eventId: EventId, visible: boolean): Promise<void> {
    this.#context.commit((changes) => markOwnAsRead(this.#context, changes, roomId, eventId));
    await this.#context.http.json({
      kind: "room",
      method: "POST",
      path: roomPath(roomId, "read_markers"),
      body: { "m.fully_read": eventId, [visible ? "m.read" : "m.read.private"]: eventId },
      retry: "safe",
    });
  }

  /** To be told of every commit. */
  observe(changes: Changes): void {
    for (const roomId of changes.rooms) {
      if (!this.#hasArrived(roomId)) continue;
      for (const settle of this.#arrivals.get(roomId) ?? []) settle();
      this.#arrivals.delete(roomId);
    }
  }

  /** Resolves once the room is here with its state, so that whoever made it can use it; after a while even if not. */
  #arrival(roomId: RoomId): Promise<void> {
    if (this.#hasArrived(roomId)) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#arrivals.get(roomId) ?? new Set();
      this.#arrivals.set(roomId, waiting.add(resolve));
      setTimeout(() => {
        waiting.delete(resolve);
        resolve();
      }, ARRIVAL_WAIT_MS).unref();
    });
  }

  #hasArrived(roomId: RoomId): boolean {
    const { rooms, roomState } = this.#context.store;
    return rooms.load(roomId)?.membership === "join" && roomState.load(roomId, "m.room.create")?.eventId !== undefined;
  }

  async #markDirect(roomId: RoomId, userId: UserId): Promise<void> {
    const { store, http } = this.#context;
    const content = withDirectRoom(store.accountData.load("m.direct"), roomId, userId);
    this.#context.commit((changes) => {
      store.accountData.save("m.direct", content);
      changes.rooms.add(roomId);
    });
    const path = `/_matrix/client/v3/user/${segment(this.#context.userId)}/account_data/m.direct`;
    // The room exists whatever becomes of this; it would only be listed as a room of two.
    await http.json({ kind: "account", method: "PUT", path, body: content });
  }

  async #setState(roomId: RoomId, type: string, content: JsonObject): Promise<void> {
    await this.#context.http.jsonOrThrow({ kind: "room", method: "PUT", path: roomPath(roomId, `state/${segment(type)}/`), body: content });
  }

  async #post(roomId: RoomId, action: string, body: JsonObject): Promise<void> {
    await this.#context.http.jsonOrThrow({ kind: "room", method: "POST", path: roomPath(roomId, action), body });
  }
}

function encryptionContent(rotationMs: number | undefined, rotationMsgs: number | undefined): JsonObject {
  return {
    algorithm: MEGOLM_ALGORITHM,
    ...(rotationMs === undefined ? {} : { rotation_period_ms: rotationMs }),
    ...(rotationMsgs === undefined ? {} : { rotation_period_msgs: rotationMsgs }),
  };
}

/** `server_name` is what `via` was called before version 1.12. */
function viaQuery(via: readonly string[]): string {
  const query = new URLSearchParams();
  for (const server of via) {
    query.append("via", server);
    query.append("server_name", server);
  }
  return via.length === 0 ? "" : `?${query.toString()}`;
}

function requireRoomId(answer: JsonObject): RoomId {
  const roomId = parseRoomId(stringField(answer, "room_id"));
  if (!roomId.ok) throw new CodedError("server-garbage");
  return roomId.value;
}

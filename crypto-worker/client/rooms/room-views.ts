import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { parseRoomId, type EventId, type RoomId } from "../../../protocol/ids.ts";
import { encodeMatrixLink } from "../../../protocol/matrix-link.ts";
import type { Member } from "../../../protocol/messages/room-summary.ts";
import { parseHistoryVisibility } from "../../wire/history-visibility.ts";
import { field, stringField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { segment } from "../http.ts";
import { parseDirectRooms } from "./direct-rooms.ts";
import type { MemberLoader } from "./members.ts";
import { pinnedIds } from "./pins.ts";
import { PowerLevels } from "./power-levels.ts";
import { summariseRoom } from "./summary.ts";
import { viaServers } from "./via-servers.ts";

type RoomView = ResultOf<ChatContract["room"]>;
const MAX_MEMBERS = 50_000;
/** Somebody has opened a link and waits. */
const DIRECTORY_WAIT_MS = 10_000;

/** A room in detail, for its header and its panel. */
export class RoomViews {
  readonly #context: ClientContext;
  readonly #members: MemberLoader;

  constructor(context: ClientContext, members: MemberLoader) {
    this.#context = context;
    this.#members = members;
  }

  room(roomId: RoomId): RoomView {
    const { store, userId } = this.#context;
    const room = store.rooms.load(roomId);
    if (room === undefined) throw new CodedError("not-found");
    const state = (type: string, key: string): string | undefined => {
      const content = store.roomState.load(roomId, type)?.content;
      return content === undefined ? undefined : stringField(content, key);
    };
    const levels = PowerLevels.load(store.roomState, roomId);
    const joined = room.membership === "join";
    return {
      summary: summariseRoom(this.#context, room, parseDirectRooms(store.accountData.load("m.direct"))),
      canonicalAlias: state("m.room.canonical_alias", "alias")?.slice(0, 255) ?? null,
      joinRule: state("m.room.join_rules", "join_rule")?.slice(0, 64) ?? "invite",
      historyVisibility: parseHistoryVisibility(store.roomState.load(roomId, "m.room.history_visibility")?.content),
      rotationPeriodMs: room.rotationMs ?? null,
      rotationPeriodMsgs: room.rotationMsgs ?? null,
      version: state("m.room.create", "room_version")?.slice(0, 64) ?? null,
      can: {
        send: joined && levels.maySend(userId, room.algorithm === undefined ? "m.room.message" : "m.room.encrypted"),
        invite: joined && levels.may(userId, "invite"),
        kick: joined && levels.may(userId, "kick"),
        ban: joined && levels.may(userId, "ban"),
        redactOthers: joined && levels.may(userId, "redact"),
        rename: joined && levels.maySetState(userId, "m.room.name"),
        pin: joined && levels.maySetState(userId, "m.room.pinned_events"),
      },
      pinned: pinnedIds(this.#context, roomId),
    };
  }

  /**
   * The joined room that this alias leads to; null where there is none, or it cannot be told now. The server is asked only where one of our rooms claims the alias.
   *
   * SECURITY: whoever may set a room's state can claim any alias there; where it leads is for the directory of its server to say.
   */
  async byAlias(alias: string): Promise<RoomId | null> {
    const { http, store } = this.#context;
    if (!store.rooms.joined().some((roomId) => claims(store.roomState.load(roomId, "m.room.canonical_alias")?.content, alias))) return null;
    const path = `/_matrix/client/v3/directory/room/${segment(alias)}`;
    const answer = await http.json({ kind: "room", method: "GET", path, timeoutMs: DIRECTORY_WAIT_MS });
    const roomId = answer.ok ? parseRoomId(field(answer.value, "room_id")) : answer;
    return roomId.ok && store.rooms.load(roomId.value)?.membership === "join" ? roomId.value : null;
  }

  /** The address of a message for others to follow. */
  link(roomId: RoomId, eventId: EventId): string {
    if (this.#context.store.rooms.load(roomId) === undefined) throw new CodedError("not-found");
    return encodeMatrixLink({ kind: "room", room: roomId, eventId, via: viaServers(this.#context, roomId) });
  }

  /** Everybody who is or was there; those whom we know already where the server cannot be asked. */
  async members(roomId: RoomId): Promise<Member[]> {
    const { store } = this.#context;
    const room = store.rooms.load(roomId);
    if (room === undefined) throw new CodedError("not-found");
    if (room.membership === "join") {
      await this.#members.ensure(roomId).catch((error: unknown) => {
        if (!(error instanceof CodedError)) throw error;
        this.#context.log.warn("members.failed", { code: error.code });
      });
    }
    const levels = PowerLevels.load(store.roomState, roomId);
    return store.members
      .all(roomId)
      .slice(0, MAX_MEMBERS)
      .map((member) => ({
        userId: member.userId,
        displayName: member.displayName ?? null,
        avatar: member.avatar ?? null,
        membership: member.membership,
        powerLevel: levels.of(member.userId),
      }));
  }
}

/** Whether the content of an m.room.canonical_alias event names this alias. */
function claims(content: JsonObject | undefined, alias: string): boolean {
  const others = content?.["alt_aliases"];
  return content?.["alias"] === alias || (Array.isArray(others) && others.includes(alias));
}

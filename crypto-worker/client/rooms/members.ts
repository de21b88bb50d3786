import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId, UserId } from "../../../protocol/ids.ts";
import { parseHistoryVisibility, type HistoryVisibility } from "../../wire/history-visibility.ts";
import { arrayField, type JsonObject } from "../../wire/json.ts";
import { parseRoomEvent } from "../../wire/room-event.ts";
import type { MemberRecord } from "../../store/tables/room-members.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { roomPath } from "../http.ts";
import { parseMember } from "./state.ts";

type Load = {
  /** People whose membership a sync has told us while the list was on its way: the sync is the later word. */
  readonly touched: Set<UserId>;
  /** A gap has opened: the list may be older than it. */
  outdated: boolean;
  readonly done: Promise<void>;
};

/** Fetches everybody of a room where lazy loading has left some out. One request a room at a time. */
export class MemberLoader {
  readonly #context: ClientContext;
  readonly #loads = new Map<RoomId, Load>();

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Rejects with a `CodedError` where the list cannot be had now. */
  ensure(roomId: RoomId): Promise<void> {
    const room = this.#context.store.rooms.load(roomId);
    if (room === undefined) return Promise.reject(new CodedError("not-found"));
    if (room.membersComplete) return Promise.resolve();
    const running = this.#loads.get(roomId);
    if (running !== undefined) return running.done;
    const fetching = this.#context.http.jsonOrThrow({ kind: "room", method: "GET", path: roomPath(roomId, "members"), timeoutMs: 120_000 });
    const load: Load = {
      touched: new Set(),
      outdated: false,
      done: fetching.then((answer) => this.#store(roomId, load, answer)).finally(() => this.#loads.delete(roomId)),
    };
    this.#loads.set(roomId, load);
    return load.done;
  }

  /** To be told of every commit. */
  observe(changes: Changes): void {
    for (const [roomId, load] of this.#loads) {
      for (const userId of changes.members.get(roomId) ?? []) load.touched.add(userId);
      if (changes.timelines.get(roomId)?.resetBefore !== undefined) load.outdated = true;
    }
  }

  #store(roomId: RoomId, load: Load, answer: JsonObject): void {
    if (load.outdated) throw new CodedError("members-unknown");
    const context = this.#context;
    const { rooms, members } = context.store;
    context.commit((changes) => {
      const later = [...load.touched].flatMap((userId) => members.load(roomId, userId) ?? []);
      const before = new Map(members.all(roomId).map((member) => [member.userId, member]));
      const now = new Map<UserId, MemberRecord>();
      for (const raw of arrayField(answer, "chunk") ?? []) {
        const event = parseRoomEvent(raw);
        if (!event.ok || event.value.type !== "m.room.member" || event.value.stateKey === undefined) continue;
        const member = parseMember(event.value.stateKey, event.value.sender, event.value.content);
        if (member === undefined) continue;
        now.set(member.userId, member);
        changes.touchMember(roomId, member.userId);
      }
      for (const member of later) now.set(member.userId, member);
      members.drop(roomId);
      for (const member of now.values()) {
        members.save(roomId, member);
        changes.names.note(roomId, before.get(member.userId), member);
      }
      rooms.setMembersComplete(roomId, true);
      changes.rooms.add(roomId);
    });
  }
}

/** Who gets the keys of what is sent to a room: members, and invited people where they may read what was sent since their invite. */
export function recipientsOf(context: ClientContext, roomId: RoomId): { userIds: UserId[]; historyVisibility: HistoryVisibility } {
  const { members, roomState } = context.store;
  const historyVisibility = parseHistoryVisibility(roomState.load(roomId, "m.room.history_visibility")?.content);
  const joined = members.withMembership(roomId, "join");
  const invited = historyVisibility === "joined" ? [] : members.withMembership(roomId, "invite");
  return { userIds: [...new Set([...joined, ...invited])], historyVisibility };
}

/** People who came into an encrypted room: their devices are tracked from now on, so that the first message to them finds them known. */
export function trackNewMembers(context: ClientContext, changes: Changes): void {
  for (const [roomId, userIds] of changes.newMembers) {
    const room = context.store.rooms.load(roomId);
    if (room?.membership === "join" && room.algorithm !== undefined) context.machine.updateTrackedUsers([...userIds]);
  }
}

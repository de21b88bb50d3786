import { CodedError } from "../../../protocol/errors.ts";
import type { RoomId } from "../../../protocol/ids.ts";
import type { RoomNotify, RoomPreferences as Preferences } from "../../../protocol/messages/room-summary.ts";
import { arrayField, booleanField, isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { segment, type JsonRequest } from "../http.ts";

/** What a person has set for one room, as their account data say it, so that their other clients do the same. */
export function roomPreferences({ store }: Pick<ClientContext, "store">, roomId: RoomId): Preferences {
  const tags = objectField(store.accountData.load("m.tag", roomId) ?? {}, "tags") ?? {};
  return {
    favourite: objectField(tags, "m.favourite") !== undefined,
    markedUnread: booleanField(store.accountData.load("m.marked_unread", roomId) ?? {}, "unread") === true,
    notify: notifyOf(store.accountData.load("m.push_rules"), roomId),
  };
}

/** Sets them: here at once, taken back where the server refuses. */
export class RoomPreferences {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** The tag `m.favourite` (spec, "Room tagging"). */
  async setFavourite(roomId: RoomId, favourite: boolean): Promise<void> {
    this.#requireKnown(roomId);
    const known = this.#context.store.accountData.load("m.tag", roomId) ?? {};
    const tags = Object.entries(objectField(known, "tags") ?? {}).filter(([name]) => name !== "m.favourite");
    if (favourite) tags.push(["m.favourite", { order: 0.5 }]);
    const path = this.#path(roomId, "tags/m.favourite");
    await this.#set(roomId, "m.tag", { ...known, tags: Object.fromEntries(tags) }, [
      favourite ? { kind: "room", method: "PUT", path, body: { order: 0.5 } } : { kind: "room", method: "DELETE", path, retry: "safe" },
    ]);
  }

  /** Spec, "Unread markers": a flag of its own, which reading takes away. */
  async markUnread(roomId: RoomId, unread: boolean): Promise<void> {
    this.#requireKnown(roomId);
    const path = this.#path(roomId, "account_data/m.marked_unread");
    await this.#set(roomId, "m.marked_unread", { unread }, [{ kind: "room", method: "PUT", path, body: { unread } }]);
  }

  /** Whoever reads a room has no need of the mark any more; it may stay where the server cannot be reached. */
  wasRead(roomId: RoomId): void {
    if (!roomPreferences(this.#context, roomId).markedUnread) return;
    this.markUnread(roomId, false).catch((error: unknown) => {
      if (!(error instanceof CodedError)) throw error;
    });
  }

  /** As other clients do it: a rule of the room's own before all others for nothing at all, and one behind those for mentions for no more than these. */
  async setNotify(roomId: RoomId, notify: RoomNotify): Promise<void> {
    this.#requireKnown(roomId);
    const before = this.#context.store.accountData.load("m.push_rules");
    const global = (before === undefined ? undefined : objectField(before, "global")) ?? {};
    const requests: JsonRequest[] = [];
    const change = (kind: "override" | "room", wanted: JsonObject | undefined): JsonObject[] => {
      const rules = rulesOf(global, kind);
      const others = rules.filter((rule) => stringField(rule, "rule_id") !== roomId);
      const path = `/_matrix/client/v3/pushrules/global/${kind}/${segment(roomId)}`;
      if (wanted !== undefined) requests.push({ kind: "room", method: "PUT", path, body: wanted });
      else if (others.length < rules.length) requests.push({ kind: "room", method: "DELETE", path, retry: "safe" });
      return wanted === undefined ? others : [{ ...wanted, rule_id: roomId, enabled: true, default: false }, ...others];
    };
    const override = change("override", notify === "none" ? { conditions: [{ ...isRoom, pattern: roomId }], actions: [] } : undefined);
    const room = change("room", notify === "mentions" ? { actions: [] } : undefined);
    await this.#set(undefined, "m.push_rules", { ...before, global: { ...global, override, room } }, requests, roomId);
  }

  /** Nothing is kept for a room that is not one of ours. */
  #requireKnown(roomId: RoomId): void {
    if (this.#context.store.rooms.load(roomId) === undefined) throw new CodedError("not-found");
  }

  async #set(
    dataOf: RoomId | undefined,
    type: string,
    content: JsonObject,
    requests: readonly JsonRequest[],
    changed = dataOf,
  ): Promise<void> {
    const { store, http } = this.#context;
    const before = store.accountData.load(type, dataOf);
    const save = (value: JsonObject): void =>
      this.#context.commit((changes) => {
        store.accountData.save(type, value, dataOf);
        if (changed !== undefined) changes.rooms.add(changed);
      });
    save(content);
    for (const request of requests) {
      const answer = await http.json(request);
      // What another client has taken away already is away.
      if (answer.ok || (request.method === "DELETE" && answer.error.code === "not-found")) continue;
      save(before ?? {});
      throw new CodedError(answer.error.code);
    }
  }

  #path(roomId: RoomId, rest: string): string {
    return `/_matrix/client/v3/user/${segment(this.#context.userId)}/rooms/${segment(roomId)}/${rest}`;
  }
}

function notifyOf(rules: JsonObject | undefined, roomId: RoomId): RoomNotify {
  const global = (rules === undefined ? undefined : objectField(rules, "global")) ?? {};
  const isSilent = (rule: JsonObject): boolean =>
    booleanField(rule, "enabled") !== false && !(arrayField(rule, "actions") ?? []).includes("notify");
  if (rulesOf(global, "override").some((rule) => isSilent(rule) && isAboutRoom(rule, roomId))) return "none";
  return rulesOf(global, "room").some((rule) => isSilent(rule) && stringField(rule, "rule_id") === roomId) ? "mentions" : "all";
}

const isRoom = { kind: "event_match", key: "room_id" } as const;

/** A rule whose only condition is the room. */
function isAboutRoom(rule: JsonObject, roomId: RoomId): boolean {
  const [condition, ...more] = arrayField(rule, "conditions") ?? [];
  return (
    more.length === 0 &&
    isJsonObject(condition) &&
    stringField(condition, "kind") === isRoom.kind &&
    stringField(condition, "key") === isRoom.key &&
    stringField(condition, "pattern") === roomId
  );
}

function rulesOf(global: JsonObject, kind: "override" | "room"): JsonObject[] {
  return (arrayField(global, kind) ?? []).filter(isJsonObject);
}

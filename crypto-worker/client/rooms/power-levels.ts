import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { RoomStateTable } from "../../store/tables/room-state.ts";
import { field, objectField, stringField, arrayField, type JsonObject, type JsonValue } from "../../wire/json.ts";

const MAX_LEVEL = 1_000_000;
/** From room version 12 on creators stand above every level. */
const CREATOR_LEVEL = MAX_LEVEL;
const VERSIONS_WITHOUT_SUPREME_CREATORS = /^(?:[1-9]|10|11)$/;

/** Who may do what. Total on whatever numbers a server sends (CVE-2025-59047). */
export class PowerLevels {
  readonly #content: JsonObject | undefined;
  readonly #supreme: ReadonlySet<string>;
  readonly #creator: string | undefined;

  private constructor(content: JsonObject | undefined, creator: string | undefined, supreme: ReadonlySet<string>) {
    this.#content = content;
    this.#creator = creator;
    this.#supreme = supreme;
  }

  static load(state: RoomStateTable, roomId: RoomId): PowerLevels {
    const create = state.load(roomId, "m.room.create");
    const levels = state.load(roomId, "m.room.power_levels")?.content;
    const supreme = new Set<string>();
    const version = create === undefined ? "1" : (stringField(create.content, "room_version") ?? "1");
    if (create !== undefined && !VERSIONS_WITHOUT_SUPREME_CREATORS.test(version)) {
      supreme.add(create.sender);
      for (const other of arrayField(create.content, "additional_creators") ?? []) if (typeof other === "string") supreme.add(other);
    }
    return new PowerLevels(levels, create?.sender, supreme);
  }

  of(userId: UserId): number {
    if (this.#supreme.has(userId)) return CREATOR_LEVEL;
    if (this.#content === undefined) return userId === this.#creator ? 100 : 0;
    return this.#level(objectField(this.#content, "users"), userId) ?? this.#level(this.#content, "users_default") ?? 0;
  }

  maySend(userId: UserId, type: string): boolean {
    return this.of(userId) >= (this.#level(this.#events(), type) ?? this.#level(this.#content, "events_default") ?? 0);
  }

  maySetState(userId: UserId, type: string): boolean {
    return (
      this.of(userId) >=
      (this.#level(this.#events(), type) ?? this.#level(this.#content, "state_default") ?? (this.#content === undefined ? 0 : 50))
    );
  }

  may(userId: UserId, action: "invite" | "kick" | "ban" | "redact"): boolean {
    return this.of(userId) >= (this.#level(this.#content, action) ?? (action === "invite" ? 0 : 50));
  }

  mayNotifyRoom(userId: UserId): boolean {
    const notifications = this.#content === undefined ? undefined : objectField(this.#content, "notifications");
    return this.of(userId) >= (this.#level(notifications, "room") ?? 50);
  }

  #events(): JsonObject | undefined {
    return this.#content === undefined ? undefined : objectField(this.#content, "events");
  }

  #level(object: JsonObject | undefined, key: string): number | undefined {
    return object === undefined ? undefined : parseLevel(field(object, key));
  }
}

/** Older room versions allow numbers as strings. */
function parseLevel(value: JsonValue | undefined): number | undefined {
  const number =
    typeof value === "number" ? value : typeof value === "string" && /^[+-]?[0-9]{1,15}$/.test(value.trim()) ? Number(value) : undefined;
  if (number === undefined || !Number.isFinite(number)) return undefined;
  return Math.max(-MAX_LEVEL, Math.min(MAX_LEVEL, Math.trunc(number)));
}

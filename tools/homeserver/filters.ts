import { integerOr, isObject, objectOr, type JsonObject } from "./json.ts";
import { invalidParam, notFound } from "./matrix-error.ts";

/** A Matrix event filter, read leniently as servers do. */
export type EventFilter = {
  limit: number | undefined;
  types: readonly string[] | undefined;
  notTypes: readonly string[];
  senders: readonly string[] | undefined;
  notSenders: readonly string[];
  containsUrl: boolean | undefined;
  lazyLoadMembers: boolean;
  unreadThreadNotifications: boolean;
};

export type SyncFilter = {
  rooms: readonly string[] | undefined;
  notRooms: readonly string[];
  includeLeave: boolean;
  timeline: EventFilter;
  state: EventFilter;
  ephemeral: EventFilter;
  roomAccountData: EventFilter;
  accountData: EventFilter;
};

export class Filters {
  readonly #filters = new Map<string, JsonObject[]>();

  add(userId: string, filter: JsonObject): string {
    const filters = this.#filters.get(userId) ?? [];
    this.#filters.set(userId, filters);
    filters.push(filter);
    return String(filters.length - 1);
  }

  find(userId: string, filterId: string): JsonObject {
    const filter = this.#filters.get(userId)?.[Number(filterId)];
    if (filter === undefined) throw notFound("No such filter");
    return filter;
  }

  /** The `filter` parameter of a sync: JSON in place, an id from before, or nothing. */
  resolve(userId: string, parameter: string | undefined): SyncFilter {
    if (parameter === undefined || parameter === "") return parseSyncFilter({});
    return parseSyncFilter(parameter.startsWith("{") ? parseFilterJson(parameter) : this.find(userId, parameter));
  }
}

/** An event filter out of a `filter` parameter of another endpoint than sync. */
export function parseEventFilterParameter(parameter: string | undefined): EventFilter {
  return parseEventFilter(parameter === undefined || parameter === "" ? {} : parseFilterJson(parameter));
}

export function matchesFilter(filter: EventFilter, event: { type: string; sender?: string; content: JsonObject }): boolean {
  if (filter.types !== undefined && !filter.types.some((pattern) => matchesType(pattern, event.type))) return false;
  if (filter.notTypes.some((pattern) => matchesType(pattern, event.type))) return false;
  if (event.sender !== undefined) {
    if (filter.senders !== undefined && !filter.senders.includes(event.sender)) return false;
    if (filter.notSenders.includes(event.sender)) return false;
  }
  return filter.containsUrl === undefined || filter.containsUrl === (typeof event.content["url"] === "string");
}

function parseSyncFilter(filter: JsonObject): SyncFilter {
  const room = objectOr(filter["room"]);
  return {
    rooms: strings(room["rooms"]),
    notRooms: strings(room["not_rooms"]) ?? [],
    includeLeave: room["include_leave"] === true,
    timeline: parseEventFilter(objectOr(room["timeline"])),
    state: parseEventFilter(objectOr(room["state"])),
    ephemeral: parseEventFilter(objectOr(room["ephemeral"])),
    roomAccountData: parseEventFilter(objectOr(room["account_data"])),
    accountData: parseEventFilter(objectOr(filter["account_data"])),
  };
}

function parseEventFilter(filter: JsonObject): EventFilter {
  const containsUrl = filter["contains_url"];
  return {
    limit: integerOr(filter["limit"], undefined),
    types: strings(filter["types"]),
    notTypes: strings(filter["not_types"]) ?? [],
    senders: strings(filter["senders"]),
    notSenders: strings(filter["not_senders"]) ?? [],
    containsUrl: typeof containsUrl === "boolean" ? containsUrl : undefined,
    lazyLoadMembers: filter["lazy_load_members"] === true,
    unreadThreadNotifications: filter["unread_thread_notifications"] === true,
  };
}

function parseFilterJson(text: string): JsonObject {
  try {
    const filter: unknown = JSON.parse(text);
    if (isObject(filter)) return filter;
  } catch {
    throw invalidParam("Invalid filter JSON");
  }
  throw invalidParam("Filter is not an object");
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}

function matchesType(pattern: string, type: string): boolean {
  if (!pattern.includes("*")) return pattern === type;
  const expression = pattern.split("*").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${expression.join(".*")}$`, "s").test(type);
}

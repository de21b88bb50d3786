import type { JsonObject } from "../../wire/json.ts";

/** Members come as they speak; the rest of a list is fetched when it is needed. Account data is not filtered. */
export const SYNC_FILTER: JsonObject = {
  room: {
    timeline: { limit: 30, lazy_load_members: true },
    state: { lazy_load_members: true },
  },
  presence: { types: [], limit: 0 },
};

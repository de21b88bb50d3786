import { serverNameOf, type RoomId, type ServerName, type UserId } from "../../../protocol/ids.ts";
import { arrayField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { globMatch } from "./glob-match.ts";
import { PowerLevels } from "./power-levels.ts";

const MAX_VIA = 3;
const MODERATOR = 50;
/** No room has as many; each is tried for every server. */
const MAX_PATTERNS = 500;

/** Servers by way of which somebody can join a room whose id says nothing of where it is, as far as its members are known here. */
export function viaServers({ store, userId }: ClientContext, roomId: RoomId): ServerName[] {
  const levels = PowerLevels.load(store.roomState, roomId);
  const acl = store.roomState.load(roomId, "m.room.server_acl")?.content;
  return decideVia([userId, ...store.members.withMembership(roomId, "join")], (user) => levels.of(user), acl);
}

/**
 * The server of whoever has the most to say there, then those with the most members; none that the room shuts out, and no bare address.
 * https://spec.matrix.org/v1.16/appendices/#routing
 */
export function decideVia(members: readonly UserId[], levelOf: (userId: UserId) => number, acl: JsonObject | undefined): ServerName[] {
  const allows = aclOf(acl);
  const counts = new Map<ServerName, number>();
  let highest: { readonly server: ServerName; readonly level: number } | undefined;
  const judged = new Map<ServerName, boolean>();
  for (const userId of new Set(members)) {
    const server = serverNameOf(userId);
    const isUsable = judged.get(server) ?? (!isAddress(server) && allows(server));
    judged.set(server, isUsable);
    if (!isUsable) continue;
    counts.set(server, (counts.get(server) ?? 0) + 1);
    const level = levelOf(userId);
    if (level >= MODERATOR && level > (highest?.level ?? -Infinity)) highest = { server, level };
  }
  const byMembers = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)).map(([server]) => server);
  return [...new Set([...(highest === undefined ? [] : [highest.server]), ...byMembers])].slice(0, MAX_VIA);
}

/** Both forms of an address, with or without a port. */
const isAddress = (server: string): boolean => /^(?:\[.*\]|[0-9]+(?:\.[0-9]+){3})(?::[0-9]+)?$/.test(server);

/** Whom m.room.server_acl lets in; everybody without one. Its patterns are matched without a port. */
function aclOf(acl: JsonObject | undefined): (server: ServerName) => boolean {
  if (acl === undefined) return () => true;
  const isIn = (name: string, host: string): boolean =>
    (arrayField(acl, name) ?? [])
      .slice(0, MAX_PATTERNS)
      .some((pattern) => typeof pattern === "string" && pattern.length <= 255 && globMatch(pattern, host, "^", "$"));
  return (server) => {
    const host = server.replace(/:[0-9]+$/, "");
    return isIn("allow", host) && !isIn("deny", host);
  };
}

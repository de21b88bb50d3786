import { z } from "zod";
import { isDeceptive } from "./deceptive.ts";
import { parseEventId, parseRoomAlias, parseRoomId, parseServerName, parseUserId } from "./ids.ts";
import { eventIdSchema, roomIdSchema, userIdSchema } from "./messages/text.ts";

const MAX_LENGTH = 2048;
/** The spec recommends three; a link that names more is not believed further. */
const MAX_VIA = 5;

export const roomAliasSchema = z
  .string()
  .max(255)
  .regex(/^#[^\s:]*:\S+$/);
export const viaSchema = z.array(z.string().min(1).max(255)).max(MAX_VIA);

/** What a Matrix link leads to. It says nothing about what to do there: `action` is not read, because a person is asked in any case. */
export const matrixLinkSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("user"), userId: userIdSchema }),
  z.strictObject({
    kind: z.literal("room"),
    room: z.union([roomIdSchema, roomAliasSchema]),
    /** A message in it. */
    eventId: eventIdSchema.nullable(),
    /** Servers that can help to join. */
    via: viaSchema,
  }),
]);
export type MatrixLink = z.infer<typeof matrixLinkSchema>;

/**
 * Reads `matrix:` URIs and `https://matrix.to/#/…` addresses, both from strangers: undefined for whatever is not exactly one of them.
 * https://spec.matrix.org/v1.16/appendices/#uris
 */
export function parseMatrixLink(address: string): MatrixLink | undefined {
  if (address.length > MAX_LENGTH || isDeceptive(address)) return undefined;
  const [, uri] = /^matrix:(.*)$/is.exec(address) ?? [];
  if (uri !== undefined) return parseUri(uri);
  const [, fragment] = /^https:\/\/matrix\.to\/#\/(.*)$/is.exec(address) ?? [];
  return fragment === undefined ? undefined : parseFragment(fragment);
}

/** The address at matrix.to that is read as this link: what people give each other, whatever program they use. */
export function encodeMatrixLink(link: MatrixLink): string {
  if (link.kind === "user") return `${MATRIX_TO}${escape(link.userId)}`;
  const event = link.eventId === null ? "" : `/${escape(link.eventId)}`;
  const via = link.via.map((server) => `via=${escape(server)}`).join("&");
  return `${MATRIX_TO}${escape(link.room)}${event}${via === "" ? "" : `?${via}`}`;
}

const MATRIX_TO = "https://matrix.to/#/";

/** Colons and the sigil of a person need no escape in a fragment, and every program knows them as they are. */
const escape = (id: string): string => encodeURIComponent(id).replaceAll("%40", "@").replaceAll("%3A", ":");

/** Sigils of the types; the long names are those of the first draft, which are still about. */
const SIGILS: ReadonlyMap<string, "@" | "!" | "#" | "$"> = new Map([
  ["u", "@"],
  ["user", "@"],
  ["r", "#"],
  ["room", "#"],
  ["roomid", "!"],
  ["e", "$"],
  ["event", "$"],
]);

function parseUri(uri: string): MatrixLink | undefined {
  const [withoutFragment = ""] = uri.split("#", 1);
  const [path, query] = cut(withoutFragment, "?");
  // An authority (`//host/…`) has no meaning yet, so that nobody knows what such a link would mean.
  const [type = "", id = "", type2, id2, ...rest] = path.split("/");
  if (rest.length > 0 || (type2 !== undefined && (SIGILS.get(type2) !== "$" || id2 === undefined))) return undefined;
  const sigil = SIGILS.get(type);
  if (sigil === undefined || sigil === "$" || id === "" || id2 === "") return undefined;
  return linkTo(sigil, id, id2, query);
}

function parseFragment(fragment: string): MatrixLink | undefined {
  const [path, query] = cut(fragment, "?");
  const [first = "", second, ...rest] = path.split("/");
  const target = decode(first);
  const event = second === undefined || second === "" ? undefined : decode(second);
  if (target === undefined || rest.length > 0 || (event !== undefined && !event.startsWith("$"))) return undefined;
  if (second !== undefined && second !== "" && event === undefined) return undefined;
  const [sigil] = target;
  if (sigil !== "@" && sigil !== "!" && sigil !== "#") return undefined;
  return linkOf(target, event, query);
}

function linkTo(sigil: "@" | "!" | "#", id: string, eventId: string | undefined, query: string): MatrixLink | undefined {
  const target = decode(id);
  const event = eventId === undefined ? undefined : decode(eventId);
  if (target === undefined || (eventId !== undefined && event === undefined)) return undefined;
  return linkOf(`${sigil}${target}`, event === undefined ? undefined : `$${event}`, query);
}

function linkOf(target: string, event: string | undefined, query: string): MatrixLink | undefined {
  if (isUnfit(target) || (event !== undefined && isUnfit(event))) return undefined;
  const userId = parseUserId(target);
  if (userId.ok) return event === undefined ? { kind: "user", userId: userId.value } : undefined;
  const room = target.startsWith("#") ? parseRoomAlias(target) : parseRoomId(target);
  const eventId = event === undefined ? undefined : parseEventId(event);
  if (!room.ok || eventId?.ok === false) return undefined;
  return { kind: "room", room: room.value, eventId: eventId?.value ?? null, via: viaOf(query) };
}

/** Of the servers those that have a server's name: the rest of a link is of use without the others. */
function viaOf(query: string): string[] {
  const named = new URLSearchParams(query).getAll("via").flatMap((name) => {
    const server = parseServerName(name);
    return server.ok ? [server.value] : [];
  });
  return [...new Set(named)].slice(0, MAX_VIA);
}

/** What an escape can bring in, and would not be shown as what it is. */
function isUnfit(id: string): boolean {
  return isDeceptive(id) || /\s/u.test(id);
}

function cut(text: string, at: string): readonly [before: string, after: string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Malformed percent escapes.
    return undefined;
  }
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/**
 * What the worker may ask of the homeserver, by the first part of the endpoint's path: rooms, keys, media and what surrounds them. All else, such as signing in
 * and out, changing the password or the account itself, is main's own business or nobody's.
 */
const ENDPOINTS: ReadonlyMap<string, readonly Method[]> = new Map<string, readonly Method[]>([
  ["capabilities", ["GET"]],
  ["createRoom", ["POST"]],
  ["dehydrated_device", ["GET", "POST", "PUT", "DELETE"]],
  ["delete_devices", ["POST"]],
  ["devices", ["GET", "PUT"]],
  ["directory", ["GET", "PUT", "DELETE"]],
  ["join", ["POST"]],
  ["joined_rooms", ["GET"]],
  ["keys", ["GET", "POST"]],
  ["knock", ["POST"]],
  ["media", ["GET", "POST"]],
  ["profile", ["GET", "PUT", "DELETE"]],
  ["publicRooms", ["GET", "POST"]],
  ["pushrules", ["GET", "POST", "PUT", "DELETE"]],
  ["room_keys", ["GET", "POST", "PUT", "DELETE"]],
  ["room_summary", ["GET"]],
  ["rooms", ["GET", "POST", "PUT", "DELETE"]],
  ["search", ["POST"]],
  ["sendToDevice", ["PUT"]],
  ["user", ["GET", "POST", "PUT", "DELETE"]],
  ["user_directory", ["POST"]],
]);
/** Of what is below a user: not the token that proves to other services who somebody is. */
const OF_USER: ReadonlySet<string> = new Set(["account_data", "filter", "rooms"]);

const CLIENT = /^\/_matrix\/client\/(?:r0|v1|v3|unstable(?:\/[\w.-]+)?)\/([\w-]+)(?:\/[^/]*\/([\w-]+))?/;
const MEDIA = /^\/_matrix\/media\/(?:r0|v1|v3)\/(?:upload|config|download\/|thumbnail\/|create)/;

/** Whether main makes this request for the worker. `path` carries the query string. */
// SECURITY: main adds the token to what passes here.
export function isAllowedRequest(method: Method, path: string): boolean {
  if (!isPlainPath(path)) return false;
  if (path === "/_matrix/client/versions") return method === "GET";
  if (MEDIA.test(path)) return method !== "DELETE";
  const [, endpoint = "", below = ""] = CLIENT.exec(path) ?? [];
  return ENDPOINTS.get(endpoint)?.includes(method) === true && (endpoint !== "user" || OF_USER.has(below));
}

/** The contract fixes the prefix; dot segments would let URL normalisation leave it, here or, where they are hidden by an encoding, in a proxy before the server. */
function isPlainPath(path: string): boolean {
  const plain = path.split("?", 1)[0] ?? "";
  // oxlint-disable-next-line no-control-regex -- what an address cannot contain
  if (!path.startsWith("/_matrix/") || /[\s\\#\u0000-\u001f\u007f]/.test(path)) return false;
  const decoded = decode(plain);
  return decoded !== undefined && !/[\u0000\\]/.test(decoded) && !decoded.split("/").some((segment) => DOTS.test(segment));
}

/** Once decoded, and once more as it would be for whoever decodes twice. */
const DOTS = /^(?:\.|%2e){1,2}$/i;

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

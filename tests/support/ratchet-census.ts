import type { Homeserver } from "../../tools/homeserver/homeserver.ts";

/** One violation of what no crash and no fault may ever bring about; the text names ids, never content. */
export type Violation = string;

type Fields = { readonly numbers: ReadonlyMap<number, number>; readonly bytes: ReadonlyMap<number, Uint8Array> };

/**
 * Looks at everything that left the clients, also what the server never answered:
 * - no Megolm index is used for two messages, no Olm (ratchet key, counter) for two,
 * - a transaction id always carries the same bytes,
 * - a one-time or fallback key id always names the same key,
 * - into a room that is encrypted goes no message in clear.
 *
 * The parsers are this file's own: those of the product are what is tested.
 */
export function ratchetCensus(homeserver: Homeserver, roomIds: readonly string[]): Violation[] {
  return [
    ...megolmReuse(homeserver, roomIds),
    ...olmReuse(homeserver),
    ...changedTransactions(homeserver),
    ...changedKeys(homeserver),
    ...clearText(homeserver, roomIds),
  ];
}

/** How many messages the census saw, so that a test can tell that it looked at something. */
export function censusSize(homeserver: Homeserver): { readonly megolm: number; readonly olm: number; readonly oneTimeKeys: number } {
  return {
    megolm: roomSends(homeserver).length,
    olm: olmMessages(homeserver).length,
    oneTimeKeys: homeserver.oneTimeKeyUploads().length,
  };
}

function megolmReuse(homeserver: Homeserver, roomIds: readonly string[]): Violation[] {
  const seen = new Once("megolm index used twice");
  const accepted = roomIds.flatMap((roomId) => homeserver.acceptedEvents(roomId).map(({ content }) => content as unknown));
  for (const content of [...accepted, ...roomSends(homeserver)]) {
    const ciphertext = text(content, "ciphertext");
    const sessionId = text(content, "session_id");
    if (ciphertext === undefined || sessionId === undefined) continue;
    seen.note(`${sessionId}/${megolmIndex(ciphertext)}`, ciphertext);
  }
  return seen.violations;
}

function olmReuse(homeserver: Homeserver): Violation[] {
  const seen = new Once("olm message key used twice");
  for (const { body, type } of olmMessages(homeserver)) {
    const { ratchetKey, counter } = olmPosition(body, type);
    seen.note(`${ratchetKey}/${counter}`, body);
  }
  return seen.violations;
}

function changedTransactions(homeserver: Homeserver): Violation[] {
  const seen = new Once("transaction id with other bytes");
  for (const { userId, deviceId, path, body } of homeserver.requests({ method: "PUT", path: /\/(?:sendToDevice|send|redact)\// })) {
    seen.note(`${userId}/${deviceId}${path}`, JSON.stringify(body));
  }
  return seen.violations;
}

function changedKeys(homeserver: Homeserver): Violation[] {
  const seen = new Once("key id with other bytes");
  const conflicts: Violation[] = [];
  for (const { userId, deviceId, keyId, key, outcome } of homeserver.oneTimeKeyUploads()) {
    seen.note(`${userId}/${deviceId}/${keyId}`, text(key, "key") ?? JSON.stringify(key));
    if (outcome === "conflict") conflicts.push(`the server refused ${userId}/${deviceId}/${keyId}`);
  }
  // The server handing one out twice would be its own bug, and make every other check here worthless.
  const claimed = new Set<string>();
  for (const { userId, deviceId, keyId, fallback } of homeserver.oneTimeKeyClaims()) {
    const id = `${userId}/${deviceId}/${keyId}`;
    if (!fallback && claimed.has(id)) conflicts.push(`claimed twice: ${id}`);
    claimed.add(id);
  }
  return [...seen.violations, ...conflicts];
}

function clearText(homeserver: Homeserver, roomIds: readonly string[]): Violation[] {
  return roomIds.flatMap((roomId) =>
    homeserver.acceptedEvents(roomId).flatMap(({ type, eventId }) => (type === "m.room.message" ? [`in clear: ${eventId}`] : [])),
  );
}

function roomSends(homeserver: Homeserver): unknown[] {
  return homeserver.requests({ method: "PUT", path: /\/rooms\/[^/]+\/send\/m\.room\.encrypted\// }).map(({ body }) => body);
}

function olmMessages(homeserver: Homeserver): { readonly body: string; readonly type: number }[] {
  return homeserver.requests({ method: "PUT", path: /\/sendToDevice\/m\.room\.encrypted\// }).flatMap(({ body }) =>
    entries(field(body, "messages"))
      .flatMap(([, devices]) => entries(devices))
      .flatMap(([, content]) => entries(field(content, "ciphertext")))
      .flatMap(([, message]) => {
        const type = field(message, "type");
        const inner = text(message, "body");
        return inner === undefined || typeof type !== "number" ? [] : [{ body: inner, type }];
      }),
  );
}

/** Notes the first value of every key, and complains of another one. */
class Once {
  readonly violations: Violation[] = [];
  readonly #what: string;
  readonly #values = new Map<string, string>();

  constructor(what: string) {
    this.#what = what;
  }

  note(key: string, value: string): void {
    const before = this.#values.get(key);
    if (before !== undefined && before !== value) this.violations.push(`${this.#what}: ${key}`);
    this.#values.set(key, before ?? value);
  }
}

/** https://spec.matrix.org/v1.16/olm-megolm/megolm/#message-format: version 3, then tag 0x08 with the index. */
export function megolmIndex(ciphertext: string): number {
  const index = protobuf(Buffer.from(ciphertext, "base64")).numbers.get(1);
  if (index === undefined) throw new Error("a Megolm message without an index");
  return index;
}

/** https://spec.matrix.org/v1.16/olm-megolm/olm/#message-format; a pre-key message (type 0) has the message in field 4. */
export function olmPosition(body: string, type: number): { readonly ratchetKey: string; readonly counter: number } {
  const outer = Buffer.from(body, "base64");
  const inner = type === 0 ? protobuf(outer, 0).bytes.get(4) : outer;
  if (inner === undefined) throw new Error("a pre-key message without a message");
  const { bytes, numbers } = protobuf(inner);
  const ratchetKey = bytes.get(1);
  const counter = numbers.get(2);
  if (ratchetKey === undefined || counter === undefined) throw new Error("an Olm message without a position");
  return { ratchetKey: Buffer.from(ratchetKey).toString("base64"), counter };
}

const CIPHERTEXT_OF_MEGOLM = 0x12;
const CIPHERTEXT_OF_OLM = 0x22;

/** The fields of a message behind its version byte, up to the MAC that has no field. */
function protobuf(message: Uint8Array, trailer = 8): Fields {
  if (message[0] !== 3) throw new Error("not version 3");
  const numbers = new Map<number, number>();
  const bytes = new Map<number, Uint8Array>();
  let at = 1;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error("ends early");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length - trailer) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === 0) numbers.set(tag >> 3, value);
    else if ((tag & 7) === 2) {
      bytes.set(tag >> 3, message.subarray(at, at + value));
      at += value;
    } else throw new Error("unknown wire type");
    // Behind the ciphertext come a MAC and, with Megolm, a signature: neither is a field.
    if (trailer > 0 && (tag === CIPHERTEXT_OF_MEGOLM || tag === CIPHERTEXT_OF_OLM)) break;
  }
  return { numbers, bytes };
}

const entries = (value: unknown): [string, unknown][] => (typeof value === "object" && value !== null ? Object.entries(value) : []);
const field = (value: unknown, key: string): unknown => new Map(entries(value)).get(key);
function text(value: unknown, key: string): string | undefined {
  const found = field(value, key);
  return typeof found === "string" ? found : undefined;
}

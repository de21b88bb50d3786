import type { RoomId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { AttachmentKeys } from "../../wire/encrypted-file.ts";
import { arrayField, parseJsonObject, type JsonObject, type JsonValue } from "../../wire/json.ts";
import type { MachineContext } from "../context.ts";
import { AttachmentEncryptor } from "../attachments/attachment-encryptor.ts";
import { encodeExportedRoomKey } from "../megolm/exported-room-key.ts";
import type { InboundSession } from "../megolm/inbound-session.ts";
import { encodeWithheld } from "../megolm/withheld.ts";

/** A bundle as it is uploaded. */
export type EncryptedRoomKeyBundle = {
  readonly ciphertext: Uint8Array;
  /** For `shareBundle`, once the ciphertext has a place. The caller disposes of the key. */
  readonly keys: AttachmentKeys;
  readonly sharedCount: number;
  readonly withheldCount: number;
};

/** The parts of a downloaded one; nothing in it is checked yet. */
export type RoomKeyBundle = { readonly roomKeys: readonly JsonValue[]; readonly withheld: readonly JsonValue[] };

export const HISTORY_NOT_SHARED = "m.history_not_shared";

const PAGE = 500;
/** Some 140,000 keys. */
const LIMITS = { maxBytes: 64 * 1024 * 1024, maxDepth: 8 };
const MAX_ENTRIES = 200_000;

/**
 * The keys of a room for somebody who is being invited (E2EE §Sharing keys between users, MSC4268): those of sessions whose makers marked them as shareable,
 * and of all others a note that they are not shared. Undefined where we know no session of the room.
 *
 * SECURITY: the mark is what the maker said over Olm, or what we said ourselves; the room's state, which the server controls, is never asked.
 */
export function encryptRoomKeyBundle(context: MachineContext, roomId: RoomId): EncryptedRoomKeyBundle | undefined {
  const encryptor = new AttachmentEncryptor(context.env);
  const writer = new JsonWriter(encryptor);
  writer.write('{"room_keys":');
  const sharedCount = writer.array(sessionsOf(context, roomId, true), encodeHistoricKey);
  writer.write(',"withheld":');
  const withheldCount = writer.array(withheldOf(context, roomId), (notice) => notice);
  writer.write("}");
  const ciphertext = writer.finish();
  const keys = encryptor.finish();
  if (sharedCount > 0 || withheldCount > 0) return { ciphertext, keys, sharedCount, withheldCount };
  keys.key[Symbol.dispose]();
  return undefined;
}

export function parseRoomKeyBundle(plaintext: Uint8Array): Result<RoomKeyBundle, "invalid-bundle"> {
  if (plaintext.length > LIMITS.maxBytes) return err("invalid-bundle");
  const json = parseJsonObject(Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength).toString("utf8"), LIMITS);
  if (!json.ok) return err("invalid-bundle");
  const roomKeys = arrayField(json.value, "room_keys") ?? [];
  const withheld = arrayField(json.value, "withheld") ?? [];
  return roomKeys.length + withheld.length > MAX_ENTRIES ? err("invalid-bundle") : ok({ roomKeys, withheld });
}

function encodeHistoricKey(session: InboundSession): JsonObject {
  const { algorithm, room_id, sender_key, session_id, session_key, sender_claimed_keys } = encodeExportedRoomKey(session);
  return { algorithm, room_id, sender_claimed_keys, sender_key, session_id, session_key };
}

function* withheldOf(context: MachineContext, roomId: RoomId): Generator<JsonObject> {
  for (const { ratchet, senderKey } of sessionsOf(context, roomId, false))
    yield encodeWithheld(HISTORY_NOT_SHARED, { roomId, sessionId: ratchet.sessionId }, senderKey);
  // What was kept from us the same way is passed on as that: the newcomer should not look for it elsewhere.
  for (const { sessionId, senderKey } of context.store.withheldSessions.withCode(roomId, HISTORY_NOT_SHARED))
    yield encodeWithheld(HISTORY_NOT_SHARED, { roomId, sessionId }, senderKey);
}

function* sessionsOf({ store }: MachineContext, roomId: RoomId, shared: boolean): Generator<InboundSession> {
  for (let after = ""; ;) {
    const page = store.inboundGroupSessions.pageOfRoom(roomId, after, PAGE);
    for (const session of page) {
      after = session.ratchet.sessionId;
      if (session.sharedHistory === shared) yield session;
    }
    if (page.length < PAGE) return;
  }
}

/** Encrypts JSON while it is written, so that the keys of a large room are never all in memory as text. */
class JsonWriter {
  readonly #encryptor: AttachmentEncryptor;
  readonly #chunks: Uint8Array[] = [];

  constructor(encryptor: AttachmentEncryptor) {
    this.#encryptor = encryptor;
  }

  write(text: string): void {
    const plaintext = Buffer.from(text, "utf8");
    this.#chunks.push(this.#encryptor.push(plaintext));
    plaintext.fill(0);
  }

  /** How many there were. */
  array<T>(items: Iterable<T>, encode: (item: T) => JsonObject): number {
    let count = 0;
    this.write("[");
    for (const item of items) {
      this.write((count === 0 ? "" : ",") + JSON.stringify(encode(item)));
      count++;
    }
    this.write("]");
    return count;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

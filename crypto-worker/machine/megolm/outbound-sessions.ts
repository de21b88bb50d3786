import { parseSessionId, type RoomId, type SessionId } from "../../../protocol/ids.ts";
import { OutboundGroupSession } from "../../primitives/group-session.ts";
import { isSharedHistory } from "../../wire/history-visibility.ts";
import type { JsonObject } from "../../wire/json.ts";
import { encodeMegolmContent } from "../../wire/encrypted-content.ts";
import { objectField } from "../../wire/json.ts";
import { StoreError } from "../../store/types.ts";
import type { MachineContext } from "../context.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { EncryptionSettings } from "./encryption-settings.ts";
import { ratchetOfOwnKey } from "./inbound-ratchet.ts";
import type { InboundSessions } from "./inbound-sessions.ts";
import { OutboundSession } from "./outbound-session.ts";
import { encodePayload } from "./room-event.ts";
import { decideExpiry } from "./rotation.ts";
import { senderDataOf, UNKNOWN_SENDER } from "./sender-data.ts";

/** One a room that we write in; each holds about a kilobyte in libolm's memory. */
const MAX_OPEN_SESSIONS = 200;
const MAX_RESERVATION = 64;
/** Below this every index is made durable by itself, so that a session that lives for few messages loses none of them to a crash. */
const MIN_RESERVING_PERIOD = 32;

/** `share_room_key` must have been called, and its requests sent, before each message. */
export class RoomKeyNotSharedError extends Error {
  readonly code: "no-session" | "not-shared" | "expired";

  constructor(code: RoomKeyNotSharedError["code"]) {
    super(`room key: ${code}`);
    this.name = "RoomKeyNotSharedError";
    this.code = code;
  }
}

/**
 * The sessions that we encrypt with. A ratchet's pickle is not written for every message: a range of indices is reserved on disk, durably, and used
 * from memory; after a crash the ratchet goes on behind the reserved range. So no index can be used twice, and a commit to disk is needed only once a
 * range. Closing properly gives the unused rest back.
 */
export class OutboundSessions {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #inbound: InboundSessions;
  /** Least recently used first. */
  readonly #open = new Map<RoomId, OutboundSession>();
  /** How far ratchets had moved when a rollback took the record of it back: whoever saw those ciphertexts, their indices are used. */
  readonly #floors = new Map<SessionId, number>();

  constructor(context: MachineContext, directory: DeviceDirectory, inbound: InboundSessions) {
    this.#context = context;
    this.#directory = directory;
    this.#inbound = inbound;
    context.store.onRollback(() => {
      for (const { sessionId, messageIndex } of this.#open.values()) this.#floors.set(sessionId, messageIndex);
      this.#forgetAll();
    });
  }

  find(roomId: RoomId): OutboundSession | undefined {
    const open = this.#open.get(roomId);
    if (open === undefined) return this.#load(roomId);
    this.#open.delete(roomId);
    this.#open.set(roomId, open);
    return open;
  }

  /** Makes a new session in the caller's transaction, with our own copy to decrypt. There must be none for this room. */
  create(roomId: RoomId, settings: EncryptionSettings): OutboundSession {
    const { store, env, pickleKey } = this.#context;
    const ratchet = OutboundGroupSession.create();
    const sessionId = parseSessionId(ratchet.sessionId);
    if (!sessionId.ok) throw new Error("libolm made an unusable session id");
    const record = {
      roomId,
      sessionId: sessionId.value,
      createdAt: env.now(),
      rotationPeriodMs: settings.rotationPeriodMs,
      rotationPeriodMsgs: settings.rotationPeriodMsgs,
      historyVisibility: settings.historyVisibility,
      reservedIndex: reservationFrom(0, settings.rotationPeriodMsgs),
    };
    store.requireDurability();
    store.outboundGroupSessions.insert({ ...record, pickle: ratchet.pickle(pickleKey) });
    const session = new OutboundSession(record, ratchet);
    this.#keep(session);
    this.#storeOwnCopy(session);
    return session;
  }

  /** @throws RoomKeyNotSharedError when the caller did not share the key first */
  encrypt(roomId: RoomId, eventType: string, content: JsonObject): JsonObject {
    const session = this.find(roomId);
    if (session === undefined) throw new RoomKeyNotSharedError("no-session");
    if (!session.isShared) throw new RoomKeyNotSharedError("not-shared");
    if (decideExpiry(session, this.#context.env.now()) !== undefined) throw new RoomKeyNotSharedError("expired");
    if (session.messageIndex >= session.reservedIndex) this.#reserve(session);
    const ciphertext = session.ratchet.encrypt(encodePayload(eventType, content, roomId));
    session.messageIndex += 1;
    return encodeMegolmContent({
      sessionId: session.sessionId,
      ciphertext,
      senderKey: this.#context.identityKeys.curve25519,
      deviceId: this.#context.deviceId,
      relatesTo: objectField(content, "m.relates_to"),
    });
  }

  /** The next message needs a new session. False when there was none. */
  remove(roomId: RoomId): boolean {
    this.#open.get(roomId)?.ratchet.free();
    this.#open.delete(roomId);
    return this.#context.store.outboundGroupSessions.remove(roomId);
  }

  acknowledge(roomId: RoomId, requestId: string): void {
    this.#open.get(roomId)?.acknowledge(requestId);
  }

  /** Gives unused indices back and frees everything. */
  close(): void {
    this.#context.store.transaction(() => {
      for (const session of this.#open.values()) this.#giveBack(session);
    });
    this.#forgetAll();
  }

  #load(roomId: RoomId): OutboundSession | undefined {
    const { store, pickleKey } = this.#context;
    const record = store.outboundGroupSessions.load(roomId);
    if (record === undefined) return undefined;
    const ratchet = OutboundGroupSession.unpickle(record.pickle, pickleKey);
    if (!ratchet.ok) throw new StoreError("corrupt");
    // libolm has no other way to move on. Nobody sees these ciphertexts.
    const start = Math.max(record.reservedIndex, this.#floors.get(record.sessionId) ?? 0);
    this.#floors.delete(record.sessionId);
    for (let index = ratchet.value.messageIndex; index < start; index++) ratchet.value.encrypt("");
    const session = new OutboundSession(record, ratchet.value);
    for (const share of store.roomKeyShares.ofRoom(roomId)) session.addShare(share);
    this.#keep(session);
    return session;
  }

  #reserve(session: OutboundSession): void {
    const { store, pickleKey } = this.#context;
    const reservedIndex = reservationFrom(session.messageIndex, session.rotationPeriodMsgs);
    store.transaction(() => {
      store.requireDurability();
      store.outboundGroupSessions.updateRatchet(session.roomId, session.ratchet.pickle(pickleKey), reservedIndex);
    });
    session.reservedIndex = reservedIndex;
  }

  /** We read our own messages with a copy like everyone else's. */
  #storeOwnCopy(session: OutboundSession): void {
    const { userId, deviceId, identityKeys } = this.#context;
    const own = this.#directory.device(userId, deviceId);
    this.#inbound.add({
      roomId: session.roomId,
      ratchet: ratchetOfOwnKey(session.ratchet.sessionKey()),
      senderKey: identityKeys.curve25519,
      signingKey: identityKeys.ed25519,
      senderData: own === undefined ? UNKNOWN_SENDER : senderDataOf(own, this.#directory.trustOf(own)),
      imported: false,
      forwarder: undefined,
      sharedHistory: isSharedHistory(session.historyVisibility),
      historyVisibility: session.historyVisibility,
      backupVersion: undefined,
    });
  }

  #keep(session: OutboundSession): void {
    this.#open.set(session.roomId, session);
    if (this.#open.size <= MAX_OPEN_SESSIONS) return;
    for (const oldest of this.#open.values()) {
      this.#giveBack(oldest);
      oldest.ratchet.free();
      this.#open.delete(oldest.roomId);
      return;
    }
  }

  #giveBack(session: OutboundSession): void {
    if (session.messageIndex >= session.reservedIndex) return;
    const { store, pickleKey } = this.#context;
    store.outboundGroupSessions.updateRatchet(session.roomId, session.ratchet.pickle(pickleKey), session.messageIndex);
  }

  #forgetAll(): void {
    for (const { ratchet } of this.#open.values()) ratchet.free();
    this.#open.clear();
  }
}

function reservationFrom(index: number, rotationPeriodMsgs: number): number {
  const size = rotationPeriodMsgs < MIN_RESERVING_PERIOD ? 1 : Math.min(MAX_RESERVATION, Math.ceil(rotationPeriodMsgs / 2));
  return Math.min(index + size, rotationPeriodMsgs);
}

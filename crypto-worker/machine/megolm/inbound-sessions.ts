import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { InboundGroupSession } from "../../primitives/group-session.ts";
import type { StoredInboundSession } from "../../store/tables/inbound-group-sessions.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import { openRatchet } from "./inbound-ratchet.ts";
import { decideMerge, type InboundSession, type SessionOrigin } from "./inbound-session.ts";
import { isOf, sameSenderData, type SenderData } from "./sender-data.ts";
import { findSender, settleSender } from "./sender-finder.ts";

/** A session that is ready to decrypt. */
export type OpenInboundSession = { record: StoredInboundSession; readonly ratchet: InboundGroupSession };

/** Each holds about a kilobyte in libolm's memory. */
const MAX_OPEN_SESSIONS = 400;
/** Of one session. An honest one has none. */
const MAX_CLAIMS = 16;
/** How many sessions are read at once when a device becomes known. */
const SETTLE_BATCH = 50;

/**
 * The sessions that we can decrypt. The row has the ratchet at the first index that we know and decrypting never changes it, so an open ratchet is
 * only a cache, which needs no writing back.
 */
export class InboundSessions {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #open = new LruMap<string, OpenInboundSession>(MAX_OPEN_SESSIONS, ({ ratchet }) => ratchet.free());

  constructor(context: MachineContext, directory: DeviceDirectory) {
    this.#context = context;
    this.#directory = directory;
    context.store.onRollback(() => this.close());
  }

  find(roomId: RoomId, sessionId: string): OpenInboundSession | undefined {
    const key = cacheKey(roomId, sessionId);
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const record = this.#context.store.inboundGroupSessions.find(roomId, sessionId);
    if (record === undefined) return undefined;
    const opened = { record, ratchet: openRatchet(record.ratchet.bytes) };
    this.#open.set(key, opened);
    return opened;
  }

  /** Stores a session, or what merging it with the copy that we have leaves. False when nothing changed. */
  add(session: InboundSession): boolean {
    const table = this.#context.store.inboundGroupSessions;
    if (table.insert(session)) return true;
    const known = table.find(session.roomId, session.ratchet.sessionId);
    if (known === undefined) throw new Error("a session conflicts with one that is not there");
    const decision = decideMerge(known, session);
    const isClaimed = decision.claim !== undefined && this.#context.store.sessionClaims.add(known.id, decision.claim, MAX_CLAIMS);
    if (decision.kind === "keep") return isClaimed;
    table.replace(known.id, decision.session);
    this.#open.delete(cacheKey(session.roomId, session.ratchet.sessionId));
    return true;
  }

  /** Writes what was learnt of the session's maker. */
  settle(session: OpenInboundSession, data: SenderData): void {
    if (sameSenderData(session.record.senderData, data)) return;
    this.#context.store.inboundGroupSessions.updateSenderData(session.record.id, data);
    session.record = { ...session.record, senderData: data };
  }

  /** By which of its claims a session is this user's, if any is. */
  claimOf({ record }: OpenInboundSession, userId: UserId): SessionOrigin | undefined {
    const { sessionClaims } = this.#context.store;
    for (const claim of sessionClaims.ofSession(record.id)) {
      const found = findSender(this.#directory, { ...claim, imported: false }, userId);
      if (!found.ok || !isOf(found.value, userId)) continue;
      if (!sameSenderData(found.value, claim.senderData)) sessionClaims.updateSenderData(record.id, claim.senderKey, found.value);
      return { ...claim, senderData: found.value };
    }
    return undefined;
  }

  /** Looks again at the sessions of devices that became known, or were signed, after their keys came. */
  onDevicesUpdated(devices: Iterable<Device>): void {
    if (!this.#context.store.inboundGroupSessions.hasUnsettled()) return;
    for (const device of devices) this.#settleSessionsOf(device);
  }

  /** Frees every open session; each is opened again when it is needed. */
  close(): void {
    this.#open.clear();
  }

  #settleSessionsOf(device: Device): void {
    const table = this.#context.store.inboundGroupSessions;
    for (let after = 0; ;) {
      const batch = table.unsettled(device.curve25519, after, SETTLE_BATCH);
      for (const session of batch) {
        after = session.id;
        if (session.senderData.kind === "deviceInfo" && session.senderData.userId !== device.userId) continue;
        const found = settleSender(this.#directory, session, device);
        // A forged pair of keys is reported when an event of the session is decrypted.
        if (!found.ok || sameSenderData(found.value, session.senderData)) continue;
        table.updateSenderData(session.id, found.value);
        const open = this.#open.get(cacheKey(session.roomId, session.ratchet.sessionId));
        if (open !== undefined) open.record = { ...open.record, senderData: found.value };
      }
      if (batch.length < SETTLE_BATCH) return;
    }
  }
}

/** Room ids have no space. */
function cacheKey(roomId: RoomId, sessionId: string): string {
  return `${sessionId} ${roomId}`;
}

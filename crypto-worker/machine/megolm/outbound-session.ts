import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import type { OutboundGroupSession } from "../../primitives/group-session.ts";
import type { HistoryVisibility } from "../../wire/history-visibility.ts";
import type { RoomKeyShare } from "../../store/tables/room-key-shares.ts";
import type { Device } from "../devices/device.ts";
import { toDeviceRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import type { SessionAge } from "./rotation.ts";
import { WITHHELD_EVENT_TYPE } from "./withheld.ts";

/** What a device was sent. */
export type KeyHolder = { readonly curve25519: string; readonly messageIndex: number; readonly wedgingIndex: number };

/** The session of a room that we encrypt with, who holds its key, and which requests about it are not acknowledged. */
export class OutboundSession implements SessionAge {
  readonly roomId: RoomId;
  readonly sessionId: SessionId;
  readonly createdAt: number;
  readonly rotationPeriodMs: number;
  readonly rotationPeriodMsgs: number;
  readonly historyVisibility: HistoryVisibility;
  readonly ratchet: OutboundGroupSession;
  /** Messages below it are covered by what is on disk. */
  reservedIndex: number;
  /** The index of the next message. */
  messageIndex: number;
  readonly #holders = new Map<string, Map<string, KeyHolder>>();
  readonly #withheld = new Set<string>();
  readonly #pending = new Map<string, { readonly request: OutgoingRequest; readonly awaited: boolean }>();

  constructor(
    record: {
      readonly roomId: RoomId;
      readonly sessionId: SessionId;
      readonly createdAt: number;
      readonly rotationPeriodMs: number;
      readonly rotationPeriodMsgs: number;
      readonly historyVisibility: HistoryVisibility;
      readonly reservedIndex: number;
    },
    ratchet: OutboundGroupSession,
  ) {
    this.roomId = record.roomId;
    this.sessionId = record.sessionId;
    this.createdAt = record.createdAt;
    this.rotationPeriodMs = record.rotationPeriodMs;
    this.rotationPeriodMsgs = record.rotationPeriodMsgs;
    this.historyVisibility = record.historyVisibility;
    this.reservedIndex = record.reservedIndex;
    this.ratchet = ratchet;
    this.messageIndex = ratchet.messageIndex;
  }

  get holders(): ReadonlyMap<string, ReadonlyMap<string, KeyHolder>> {
    return this.#holders;
  }

  /** Unacknowledged, oldest first. */
  get pendingRequests(): OutgoingRequest[] {
    return [...this.#pending.values()].map(({ request }) => request);
  }

  /** Whether everyone who gets the key has been sent it. A notice that someone gets none need not have arrived, nor a key that is sent again. */
  get isShared(): boolean {
    for (const { awaited } of this.#pending.values()) if (awaited) return false;
    return true;
  }

  /** From which index on the device was given the key; undefined when it never was, or had another Curve25519 key. */
  sharedFrom(device: Device): number | undefined {
    const holder = this.#holders.get(device.userId)?.get(device.deviceId);
    return holder?.curve25519 === device.curve25519 ? holder.messageIndex : undefined;
  }

  /** A device that lost its Olm session since, or has another Curve25519 key, may never have got what it was sent. */
  needsKey(device: Device): boolean {
    const holder = this.#holders.get(device.userId)?.get(device.deviceId);
    return holder === undefined || holder.curve25519 !== device.curve25519 || holder.wedgingIndex < device.olmWedgingIndex;
  }

  wasToldWithheld(device: Device, code: string): boolean {
    return this.#withheld.has(withheldKey(device.userId, device.deviceId, code));
  }

  /** Takes over what a stored or a new request says; `request` spares parsing its body again. `awaited`: no message goes out before it. */
  addShare(share: RoomKeyShare, request?: OutgoingRequest, awaited = !share.withheld): void {
    for (const [userId, devices] of share.recipients) {
      for (const [deviceId, curve25519, detail] of devices) {
        if (typeof detail === "string") this.#withheld.add(withheldKey(userId, deviceId, detail));
        else this.#addHolder(userId, deviceId, { curve25519, messageIndex: share.messageIndex, wedgingIndex: detail });
      }
    }
    const pending = request ?? requestOf(share);
    if (pending !== undefined) this.#pending.set(pending.id, { request: pending, awaited });
  }

  acknowledge(requestId: string): void {
    this.#pending.delete(requestId);
  }

  #addHolder(userId: string, deviceId: string, holder: KeyHolder): void {
    const devices = this.#holders.get(userId);
    if (devices === undefined) {
      this.#holders.set(userId, new Map([[deviceId, holder]]));
      return;
    }
    const known = devices.get(deviceId);
    // Sent again from a later index, the key is still theirs from the first one on.
    const isSame = known?.curve25519 === holder.curve25519;
    devices.set(deviceId, isSame ? { ...holder, messageIndex: Math.min(known.messageIndex, holder.messageIndex) } : holder);
  }
}

/** The request of a share that was not acknowledged. */
export function requestOf(share: RoomKeyShare): OutgoingRequest | undefined {
  if (share.messages === undefined) return undefined;
  return toDeviceRequest(share.requestId, share.withheld ? WITHHELD_EVENT_TYPE : "m.room.encrypted", JSON.parse(share.messages));
}

/** Control characters are in no id. */
function withheldKey(userId: string, deviceId: string, code: string): string {
  return `${userId}\n${deviceId}\n${code}`;
}

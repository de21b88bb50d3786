import type { RoomId, SessionId } from "../../../protocol/ids.ts";
import { encodeRoomKeyRequest, ROOM_KEY_REQUEST } from "../../wire/gossip-content.ts";
import { parseForwardedRoomKey } from "../../wire/to-device-events.ts";
import type { MachineContext } from "../context.ts";
import type { Megolm } from "../megolm/megolm.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import type { GossipOutbox } from "./gossip-outbox.ts";
import type { OwnDevices } from "./own-devices.ts";

/** `requests`: ask our other devices by ourselves for keys that are missing. `forwarding`: answer those who ask us. Both are off unless told. */
export type RoomKeyRequestSettings = { readonly requests: boolean; readonly forwarding: boolean };

const SETTINGS = "room-key-requests";
const REQUESTS = 1;
const FORWARDING = 2;
/** Open requests that are made without being asked for: a history full of missing keys must not become a flood. */
const MAX_AUTOMATIC = 1000;

/** Asks our other devices for room keys, and takes the answers (E2EE §Key requests). */
export class RoomKeyRequests {
  readonly #context: MachineContext;
  readonly #devices: OwnDevices;
  readonly #megolm: Megolm;
  readonly #outbox: GossipOutbox;

  constructor(context: MachineContext, devices: OwnDevices, megolm: Megolm, outbox: GossipOutbox) {
    this.#context = context;
    this.#devices = devices;
    this.#megolm = megolm;
    this.#outbox = outbox;
  }

  settings(): RoomKeyRequestSettings {
    const flags = this.#context.store.customValues.load(SETTINGS)?.[0] ?? 0;
    return { requests: (flags & REQUESTS) !== 0, forwarding: (flags & FORWARDING) !== 0 };
  }

  setSettings({ requests, forwarding }: RoomKeyRequestSettings): void {
    this.#context.store.customValues.save(SETTINGS, Uint8Array.of((requests ? REQUESTS : 0) | (forwarding ? FORWARDING : 0)));
  }

  /** One request a session: one that went out earlier without an answer is taken back and made anew. */
  request(roomId: RoomId, sessionId: SessionId): void {
    const { keyRequests } = this.#context.store;
    const earlier = keyRequests.find(roomId, sessionId);
    if (earlier !== undefined && this.#outbox.isUnsent(earlier)) return;
    if (earlier !== undefined) this.#outbox.cancel(ROOM_KEY_REQUEST, earlier);
    const requestId = this.#outbox.ask(ROOM_KEY_REQUEST, (ids) => encodeRoomKeyRequest(ids, { roomId, sessionId }));
    keyRequests.save(roomId, sessionId, requestId);
  }

  /** For an event that could not be decrypted: once a session, and only where somebody could answer. */
  requestByItself(roomId: RoomId, sessionId: SessionId): void {
    const { keyRequests } = this.#context.store;
    if (!this.settings().requests || keyRequests.find(roomId, sessionId) !== undefined) return;
    if (keyRequests.count() < MAX_AUTOMATIC && this.#devices.hasOtherVerified()) this.request(roomId, sessionId);
  }

  /**
   * An `m.forwarded_room_key` that came over Olm; the key if it is new or better than what we had.
   *
   * SECURITY: only what we asked for, and only from a verified device of ours (CVE-2022-39249, CVE-2022-39252, CVE-2022-39246). Even so nothing shows who
   * made the session: its events are of an insecure source.
   */
  receive(event: DecryptedOlmEvent): RoomKeyInfo | undefined {
    const parsed = parseForwardedRoomKey(event.content);
    if (!parsed.ok) return undefined;
    const { roomId, sessionId } = parsed.value;
    if (this.#context.store.keyRequests.find(roomId, sessionId) === undefined) return undefined;
    const device = this.#devices.senderOf(event);
    if (device === undefined || !this.#devices.isVerified(device)) return undefined;
    const outcome = this.#megolm.importForwardedRoomKey(parsed.value, device);
    if (outcome.kind === "refused") return undefined;
    this.onRoomKey(roomId, sessionId);
    return outcome.kind === "added" ? outcome.roomKey : undefined;
  }

  /** The key has come, this way or another. */
  onRoomKey(roomId: RoomId, sessionId: SessionId): void {
    const { keyRequests } = this.#context.store;
    const requestId = keyRequests.find(roomId, sessionId);
    if (requestId === undefined) return;
    keyRequests.remove(roomId, sessionId);
    this.#outbox.cancel(ROOM_KEY_REQUEST, requestId);
  }
}

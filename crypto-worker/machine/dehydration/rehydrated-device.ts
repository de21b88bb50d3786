import type { Curve25519PublicKey, DeviceId } from "../../../protocol/ids.ts";
import type { Account } from "../../primitives/account.ts";
import { parsePreKeyMessage } from "../../primitives/olm-message.ts";
import type { OlmSession } from "../../primitives/olm-session.ts";
import { parseOlmCiphertext, type OlmCiphertext } from "../../wire/encrypted-content.ts";
import { parseOlmPlaintext } from "../../wire/olm-plaintext.ts";
import { parseToDeviceEvent } from "../../wire/to-device-events.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import { checkOlmEvent, type SenderDevices } from "../olm/check-olm-event.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";

/** Of so many senders the Olm session is kept. One that is needed again is made again: no one-time key is ever used up here. */
const MAX_SENDERS = 1000;
/** A sender starts another session with us at most hourly, and a device is replaced after a week. */
const MAX_SESSIONS_PER_SENDER = 10;

/** What takes room keys in, under the same rules as those of a sync. Undefined where there was nothing new in it. */
export type RoomKeyReceiver = (event: DecryptedOlmEvent) => RoomKeyInfo | undefined;

/**
 * A dehydrated device whose private keys are here again, for as long as it takes to read what was sent to it (MSC3814). It has never written to anybody, so
 * that all it can get is pre-key messages, which its one-time keys open again and again: when reading breaks off it is begun anew, and nothing is lost.
 * Must be freed.
 */
export class RehydratedDevice implements Disposable {
  readonly deviceId: DeviceId;
  readonly #context: MachineContext;
  readonly #account: Account;
  readonly #senders: SenderDevices;
  readonly #receiveRoomKey: RoomKeyReceiver;
  readonly #run: <T>(work: () => T) => T;
  readonly #sessions = new LruMap<Curve25519PublicKey, OlmSession[]>(MAX_SENDERS, freeAll);

  constructor(
    context: MachineContext,
    device: { readonly deviceId: DeviceId; readonly account: Account },
    effects: { readonly senders: SenderDevices; readonly receiveRoomKey: RoomKeyReceiver; readonly run: <T>(work: () => T) => T },
  ) {
    this.deviceId = device.deviceId;
    this.#context = context;
    this.#account = device.account;
    this.#senders = effects.senders;
    this.#receiveRoomKey = effects.receiveRoomKey;
    this.#run = effects.run;
  }

  /**
   * Takes the room keys out of what the server has for the device, in order, in one transaction. Everything else is dropped: what a sender wants of a device
   * in person it wants of one that somebody sits at. An event that is wrong costs nobody but itself.
   */
  receiveEvents(events: readonly unknown[]): RoomKeyInfo[] {
    return this.#run(() => {
      const roomKeys = events.flatMap((event) => this.#receive(event) ?? []);
      // The server forgets them when the next page is asked for.
      if (roomKeys.length > 0) this.#context.store.requireDurability();
      return roomKeys;
    });
  }

  [Symbol.dispose](): void {
    this.#sessions.clear();
    this.#account.free();
  }

  #receive(value: unknown): RoomKeyInfo | undefined {
    const event = parseToDeviceEvent(value);
    if (!event.ok || event.value.type !== "m.room.encrypted") return undefined;
    const { sender, content } = event.value;
    const { curve25519, ed25519 } = this.#account.identityKeys;
    const ciphertext = parseOlmCiphertext(content, curve25519);
    const text = ciphertext.ok ? this.#decrypt(ciphertext.value) : undefined;
    if (!ciphertext.ok || text === undefined) return undefined;
    const plaintext = parseOlmPlaintext(text);
    if (!plaintext.ok || plaintext.value.type !== "m.room_key") return undefined;
    const { senderKey } = ciphertext.value;
    const frame = { ourUserId: this.#context.userId, ourEd25519: ed25519, envelopeSender: sender, senderCurve25519: senderKey };
    const checked = checkOlmEvent(plaintext.value, frame, this.#senders);
    return checked.ok ? this.#receiveRoomKey(checked.value) : undefined;
  }

  #decrypt({ senderKey, type, body }: OlmCiphertext): string | undefined {
    if (type !== 0) return undefined;
    const message = parsePreKeyMessage(body);
    if (!message.ok || message.value.identityKey !== senderKey) return undefined;
    const sessions = this.#sessions.get(senderKey) ?? [];
    const known = sessions.find((session) => session.sessionId === message.value.sessionId);
    if (known !== undefined) {
      const text = known.decrypt(0, body);
      return text.ok ? text.value : undefined;
    }
    const session = this.#account.createInboundSession(senderKey, body);
    if (!session.ok) return undefined;
    const text = session.value.decrypt(0, body);
    if (!text.ok) {
      session.value.free();
      return undefined;
    }
    freeAll(sessions.splice(MAX_SESSIONS_PER_SENDER - 1));
    sessions.unshift(session.value);
    this.#sessions.set(senderKey, sessions);
    return text.value;
  }
}

function freeAll(sessions: readonly OlmSession[]): void {
  for (const session of sessions) session.free();
}

import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import type { SecretName } from "../../wire/secret-name.ts";
import { parseToDeviceEvent, type ToDeviceEvent } from "../../wire/to-device-events.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { Gossip } from "../gossip/gossip.ts";
import { isBundleType, type BundleInbox } from "../history/bundle-inbox.ts";
import type { Megolm, RoomKeyWithheldInfo } from "../megolm/megolm.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import type { DecryptionSettings } from "../megolm/trust-requirement.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import type { OlmDecryption } from "../olm/olm-decryption.ts";
import { isVerificationType } from "../verification/message.ts";
import type { VerificationReceiver } from "../verification/verification-receiver.ts";
import { isAlwaysProcessed, withoutSecrets } from "./to-device-policy.ts";

/** A to-device event as the application sees it: decrypted where that was possible, and without secrets. */
export type ProcessedToDeviceEvent = {
  readonly kind: "decrypted" | "unableToDecrypt" | "plainText" | "invalid";
  readonly event: { readonly type: string; readonly sender: string; readonly content: JsonObject };
  /** Of a decrypted one. */
  readonly encryptionInfo?: ToDeviceEncryptionInfo;
};

/** Who encrypted it: the owner of the keys, not who the server says. */
export type ToDeviceEncryptionInfo = {
  readonly sender: UserId;
  /** Undefined when its keys are not known yet. */
  readonly senderDevice: DeviceId | undefined;
  readonly senderCurve25519: Curve25519PublicKey;
  readonly verified: boolean;
  readonly crossSigned: boolean;
};

export type ReceivedToDeviceEvents = {
  readonly toDeviceEvents: readonly ProcessedToDeviceEvent[];
  readonly roomKeys: readonly RoomKeyInfo[];
  readonly withheldRoomKeys: readonly RoomKeyWithheldInfo[];
  /** Secrets of ours that other devices of ours sent: cross-signing keys are in use by now, a backup's key waits in `secretsInbox`. */
  readonly secretsReceived: readonly SecretName[];
};

type Received = {
  readonly roomKeys: RoomKeyInfo[];
  readonly withheldRoomKeys: RoomKeyWithheldInfo[];
  readonly secretsReceived: SecretName[];
};

/** Who gets what is not about room keys of our own. */
type Receivers = { readonly verifications: VerificationReceiver; readonly gossip: Gossip; readonly bundles: BundleInbox };

/** Takes the to-device events of one sync, in order. A bad event costs nobody but itself. */
export class ToDeviceReceiver {
  readonly #decryption: OlmDecryption;
  readonly #directory: DeviceDirectory;
  readonly #megolm: Megolm;
  readonly #verifications: VerificationReceiver;
  readonly #gossip: Gossip;
  readonly #bundles: BundleInbox;

  constructor(decryption: OlmDecryption, directory: DeviceDirectory, megolm: Megolm, { verifications, gossip, bundles }: Receivers) {
    this.#decryption = decryption;
    this.#directory = directory;
    this.#megolm = megolm;
    this.#verifications = verifications;
    this.#gossip = gossip;
    this.#bundles = bundles;
  }

  receive(events: readonly unknown[], settings: DecryptionSettings): ReceivedToDeviceEvents {
    const toDeviceEvents: ProcessedToDeviceEvent[] = [];
    const received: Received = { roomKeys: [], withheldRoomKeys: [], secretsReceived: [] };
    for (const value of events) {
      const event = parseToDeviceEvent(value);
      if (!event.ok) {
        toDeviceEvents.push({ kind: "invalid", event: describeInvalid(value) });
      } else if (event.value.type === "m.room.encrypted") {
        const processed = this.#receiveEncrypted(event.value, settings, received);
        if (processed !== undefined) toDeviceEvents.push(processed);
      } else {
        toDeviceEvents.push(this.#receivePlaintext(event.value, received));
      }
    }
    return { toDeviceEvents, ...received };
  }

  /** Undefined for what is dropped without a word: a dehydrated device has nothing to say. */
  #receiveEncrypted(envelope: ToDeviceEvent, settings: DecryptionSettings, received: Received): ProcessedToDeviceEvent | undefined {
    const decrypted = this.#decryption.decrypt(envelope.sender, envelope.content);
    if (!decrypted.ok) return decrypted.error === "from-dehydrated-device" ? undefined : { kind: "unableToDecrypt", event: envelope };
    const event = decrypted.value;
    const info = this.#infoOf(event);
    if (!isTrustedEnough(event.type, info, settings)) return { kind: "unableToDecrypt", event: envelope };
    this.#act(event, received);
    const { type, sender, content } = event;
    return { kind: "decrypted", event: { type, sender, content: withoutSecrets(type, content) }, encryptionInfo: info };
  }

  #receivePlaintext({ type, sender, content }: ToDeviceEvent, received: Received): ProcessedToDeviceEvent {
    if (isVerificationType(type)) this.#verifications.receiveToDevice(type, sender, content, undefined);
    else if (type === "m.room_key.withheld") this.#receiveWithheld(sender, content, received);
    else this.#gossip.receivePlaintext(type, sender, content);
    return { kind: "plainText", event: { type, sender, content: withoutSecrets(type, content) } };
  }

  #act(event: DecryptedOlmEvent, received: Received): void {
    const { type, sender, content } = event;
    if (type === "m.room_key") {
      const roomKey = this.#megolm.receiveRoomKey(event);
      if (roomKey === undefined) return;
      received.roomKeys.push(roomKey);
      this.#gossip.roomKeys.onRoomKey(roomKey.roomId, roomKey.sessionId);
    } else if (type === "m.room_key.withheld") this.#receiveWithheld(sender, content, received);
    else if (isVerificationType(type)) this.#verifications.receiveToDevice(type, sender, content, event.senderDevice?.deviceId);
    else if (isBundleType(type)) this.#bundles.receive(event);
    else {
      const { secret, roomKey } = this.#gossip.receive(event);
      if (secret !== undefined) received.secretsReceived.push(secret);
      if (roomKey !== undefined) received.roomKeys.push(roomKey);
    }
  }

  #receiveWithheld(sender: UserId, content: JsonObject, { withheldRoomKeys }: Received): void {
    const info = this.#megolm.receiveWithheld(sender, content);
    if (info !== undefined) withheldRoomKeys.push(info);
  }

  #infoOf({ sender, senderDevice, senderCurve25519 }: DecryptedOlmEvent): ToDeviceEncryptionInfo {
    const trust = senderDevice === undefined ? undefined : this.#directory.trustOf(senderDevice);
    return {
      sender,
      senderDevice: senderDevice?.deviceId,
      senderCurve25519,
      verified: trust?.verified === true,
      crossSigned: trust?.crossSignedByOwner === true,
    };
  }
}

/** MSC4153: with a requirement set, devices that nobody vouches for have no say beyond what makes them trusted. */
function isTrustedEnough(type: string, info: ToDeviceEncryptionInfo, settings: DecryptionSettings): boolean {
  return settings.senderDeviceTrustRequirement === "untrusted" || isAlwaysProcessed(type) || info.verified || info.crossSigned;
}

function describeInvalid(value: unknown): ProcessedToDeviceEvent["event"] {
  if (!isJsonObject(value)) return { type: "", sender: "", content: {} };
  return {
    type: stringField(value, "type") ?? "",
    sender: stringField(value, "sender") ?? "",
    content: objectField(value, "content") ?? {},
  };
}

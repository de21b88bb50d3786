import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { parseToDeviceEvent, type ToDeviceEvent } from "../../wire/to-device-events.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { Megolm, RoomKeyWithheldInfo } from "../megolm/megolm.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import type { DecryptionSettings } from "../megolm/trust-requirement.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import type { OlmDecryption } from "../olm/olm-decryption.ts";
import { isVerificationType } from "../verification/message.ts";
import type { VerificationReceiver } from "../verification/verification-receiver.ts";
import { isAcceptedInPlaintext, isAlwaysProcessed, withoutSecrets } from "./to-device-policy.ts";

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
};

/** Takes the to-device events of one sync, in order. A bad event costs nobody but itself. */
export class ToDeviceReceiver {
  readonly #decryption: OlmDecryption;
  readonly #directory: DeviceDirectory;
  readonly #megolm: Megolm;
  readonly #verifications: VerificationReceiver;

  constructor(decryption: OlmDecryption, directory: DeviceDirectory, megolm: Megolm, verifications: VerificationReceiver) {
    this.#decryption = decryption;
    this.#directory = directory;
    this.#megolm = megolm;
    this.#verifications = verifications;
  }

  receive(events: readonly unknown[], settings: DecryptionSettings): ReceivedToDeviceEvents {
    const toDeviceEvents: ProcessedToDeviceEvent[] = [];
    const roomKeys: RoomKeyInfo[] = [];
    const withheldRoomKeys: RoomKeyWithheldInfo[] = [];
    for (const value of events) {
      const event = parseToDeviceEvent(value);
      if (!event.ok) {
        toDeviceEvents.push({ kind: "invalid", event: describeInvalid(value) });
      } else if (event.value.type === "m.room.encrypted") {
        const processed = this.#receiveEncrypted(event.value, settings, roomKeys, withheldRoomKeys);
        if (processed !== undefined) toDeviceEvents.push(processed);
      } else {
        toDeviceEvents.push(this.#receivePlaintext(event.value, withheldRoomKeys));
      }
    }
    return { toDeviceEvents, roomKeys, withheldRoomKeys };
  }

  /** Undefined for what is dropped without a word: a dehydrated device has nothing to say. */
  #receiveEncrypted(
    envelope: ToDeviceEvent,
    settings: DecryptionSettings,
    roomKeys: RoomKeyInfo[],
    withheld: RoomKeyWithheldInfo[],
  ): ProcessedToDeviceEvent | undefined {
    const decrypted = this.#decryption.decrypt(envelope.sender, envelope.content);
    if (!decrypted.ok) return decrypted.error === "from-dehydrated-device" ? undefined : { kind: "unableToDecrypt", event: envelope };
    const event = decrypted.value;
    const info = this.#infoOf(event);
    if (!isTrustedEnough(event.type, info, settings)) return { kind: "unableToDecrypt", event: envelope };
    this.#act(event, roomKeys, withheld);
    const { type, sender, content } = event;
    return { kind: "decrypted", event: { type, sender, content: withoutSecrets(type, content) }, encryptionInfo: info };
  }

  #receivePlaintext({ type, sender, content }: ToDeviceEvent, withheld: RoomKeyWithheldInfo[]): ProcessedToDeviceEvent {
    if (isAcceptedInPlaintext(type) && type === "m.room_key.withheld") this.#receiveWithheld(sender, content, withheld);
    else if (isVerificationType(type)) this.#verifications.receiveToDevice(type, sender, content, undefined);
    return { kind: "plainText", event: { type, sender, content: withoutSecrets(type, content) } };
  }

  #act(event: DecryptedOlmEvent, roomKeys: RoomKeyInfo[], withheld: RoomKeyWithheldInfo[]): void {
    if (event.type === "m.room_key") {
      const roomKey = this.#megolm.receiveRoomKey(event);
      if (roomKey !== undefined) roomKeys.push(roomKey);
    } else if (event.type === "m.forwarded_room_key") this.#megolm.receiveForwardedRoomKey(event);
    else if (event.type === "m.room_key.withheld") this.#receiveWithheld(event.sender, event.content, withheld);
    else if (isVerificationType(event.type))
      this.#verifications.receiveToDevice(event.type, event.sender, event.content, event.senderDevice?.deviceId);
  }

  #receiveWithheld(sender: UserId, content: JsonObject, withheld: RoomKeyWithheldInfo[]): void {
    const info = this.#megolm.receiveWithheld(sender, content);
    if (info !== undefined) withheld.push(info);
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

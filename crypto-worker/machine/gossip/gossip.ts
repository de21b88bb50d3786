import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import { FORWARDED_ROOM_KEY, ROOM_KEY_REQUEST, SECRET_REQUEST, SECRET_SEND } from "../../wire/gossip-content.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import type { SecretName } from "../../wire/secret-name.ts";
import type { MachineContext } from "../context.ts";
import type { PrivateKeys } from "../cross-signing/private-keys.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { Megolm } from "../megolm/megolm.ts";
import type { RoomKeyInfo } from "../megolm/room-key.ts";
import type { DecryptedOlmEvent } from "../olm/decrypted-olm-event.ts";
import type { OlmChannel } from "../olm/olm-channel.ts";
import type { OutgoingRequests } from "../requests/outgoing-requests.ts";
import type { BackupKeySource } from "./backup-key-source.ts";
import { GossipAnswers } from "./gossip-answers.ts";
import { GossipOutbox } from "./gossip-outbox.ts";
import { OwnDevices } from "./own-devices.ts";
import { OwnSecrets } from "./own-secrets.ts";
import { RoomKeyRequests } from "./room-key-requests.ts";
import { SecretRequests, type SeedAcceptor } from "./secret-requests.ts";

export type GossipParts = {
  readonly directory: DeviceDirectory;
  readonly privateKeys: PrivateKeys;
  readonly backupKey: BackupKeySource;
  readonly megolm: Megolm;
  readonly channel: OlmChannel;
  readonly requests: OutgoingRequests;
  readonly acceptSeed: SeedAcceptor;
};

/** What an event brought. */
export type GossipOutcome = { readonly secret?: SecretName; readonly roomKey?: RoomKeyInfo };

const NOTHING: GossipOutcome = {};

/** Secrets and room keys that devices ask each other for. */
export class Gossip {
  readonly secrets: SecretRequests;
  readonly roomKeys: RoomKeyRequests;
  readonly #answers: GossipAnswers;

  constructor(context: MachineContext, { directory, privateKeys, backupKey, megolm, channel, requests, acceptSeed }: GossipParts) {
    const devices = new OwnDevices(context, directory);
    const secrets = new OwnSecrets(privateKeys, backupKey);
    const outbox = new GossipOutbox(context, requests);
    this.secrets = new SecretRequests(context, devices, secrets, outbox, acceptSeed);
    this.roomKeys = new RoomKeyRequests(context, devices, megolm, outbox);
    this.#answers = new GossipAnswers(context, { directory, devices, secrets, megolm, channel, outbox, roomKeys: this.roomKeys });
  }

  /** An event that came in clear text. SECURITY: requests only; what brings anything must have come over Olm. */
  receivePlaintext(type: string, sender: UserId, content: JsonObject): void {
    if (type === SECRET_REQUEST) this.#answers.receiveSecretRequest(sender, content);
    else if (type === ROOM_KEY_REQUEST) this.#answers.receiveRoomKeyRequest(sender, content);
  }

  /** An event that came over Olm. */
  receive(event: DecryptedOlmEvent): GossipOutcome {
    switch (event.type) {
      case SECRET_SEND: {
        const secret = this.secrets.receive(event);
        return secret === undefined ? NOTHING : { secret };
      }
      case FORWARDED_ROOM_KEY: {
        const roomKey = this.roomKeys.receive(event);
        return roomKey === undefined ? NOTHING : { roomKey };
      }
      default:
        // Here it is known which device asks: it can ask for itself only.
        if (isFrom(event.senderDevice?.deviceId, event.content)) this.receivePlaintext(event.type, event.sender, event.content);
        return NOTHING;
    }
  }

  /** Sends what is due. The devices that one-time keys must be claimed for so that they can be answered. */
  prepare(): Device[] {
    this.secrets.cancelFulfilled();
    return this.#answers.answerWaiting();
  }
}

function isFrom(senderDevice: DeviceId | undefined, content: JsonObject): boolean {
  return senderDevice !== undefined && stringField(content, "requesting_device_id") === senderDevice;
}

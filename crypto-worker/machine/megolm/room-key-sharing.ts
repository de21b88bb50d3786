import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { JsonObject } from "../../wire/json.ts";
import { isSharedHistory } from "../../wire/history-visibility.ts";
import type { RoomKeyShare, ShareRecipients } from "../../store/tables/room-key-shares.ts";
import type { MachineContext } from "../context.ts";
import type { Device } from "../devices/device.ts";
import type { DeviceDirectory } from "../devices/device-directory.ts";
import type { OlmChannel } from "../olm/olm-channel.ts";
import { toDeviceRequest, type OutgoingRequest } from "../requests/outgoing-request.ts";
import { newRequestId } from "../requests/request-id.ts";
import type { EncryptionSettings } from "./encryption-settings.ts";
import type { OutboundSession } from "./outbound-session.ts";
import type { OutboundSessions } from "./outbound-sessions.ts";
import { encodeRoomKey } from "./room-key.ts";
import { decideExpiry, decideRotation } from "./rotation.ts";
import { decideRecipients, type CandidateUser, type Recipients, type SharingFailure } from "./sharing-strategy.ts";
import { encodeWithheld, WITHHELD_EVENT_TYPE, type WithheldCode } from "./withheld.ts";

const MAX_DEVICES_A_REQUEST = 250;

/** Nobody was sent a key, and nothing has changed. `failure` names the users concerned; the message does not. */
export class RoomKeySharingError extends Error {
  readonly code: SharingFailure["code"];
  readonly failure: SharingFailure;

  constructor(failure: SharingFailure) {
    super(`room key sharing: ${failure.code}`);
    this.name = "RoomKeySharingError";
    this.code = failure.code;
    this.failure = failure;
  }
}

/** One recipient's part of a to-device request. `detail` is the wedging index, or the code of a notice. */
type Delivery = { readonly device: Device; readonly content: JsonObject; readonly detail: number | string };

/** Gives a room's present key to the devices that may have it, and tells the others why they do not get it. */
export class RoomKeySharing {
  readonly #context: MachineContext;
  readonly #directory: DeviceDirectory;
  readonly #channel: OlmChannel;
  readonly #sessions: OutboundSessions;

  constructor(context: MachineContext, directory: DeviceDirectory, channel: OlmChannel, sessions: OutboundSessions) {
    this.#context = context;
    this.#directory = directory;
    this.#channel = channel;
    this.#sessions = sessions;
  }

  /**
   * Everything that is not acknowledged yet, the requests of earlier calls first. Recipients are decided anew each time; a session that somebody knows
   * who is not among them any more is replaced.
   * @throws RoomKeySharingError
   */
  share(roomId: RoomId, userIds: Iterable<UserId>, settings: EncryptionSettings): OutgoingRequest[] {
    const { env } = this.#context;
    const recipients = this.#decideRecipients(userIds, settings);
    let session = this.#sessions.find(roomId);
    if (session !== undefined && decideRotation(session, settings, session.holders, idsOf(recipients), env.now()) !== undefined) {
      this.#sessions.remove(roomId);
      session = undefined;
    }
    session ??= this.#sessions.create(roomId, settings);
    this.#deliver(session, recipients);
    return session.pendingRequests;
  }

  /**
   * A device that began a new Olm session may never have read what went over the old one (E2EE §Recovering from undecryptable messages): it is sent the
   * present key of every room whose key it was given. Nobody gets anything that they were not given before; no message waits for it.
   */
  shareAgain(devices: readonly Device[]): OutgoingRequest[] {
    const { store, env } = this.#context;
    const requests: OutgoingRequest[] = [];
    for (const roomId of store.roomKeyShares.roomsOf(devices.map(({ curve25519 }) => curve25519))) {
      const session = this.#sessions.find(roomId);
      if (session === undefined || decideExpiry(session, env.now()) !== undefined) continue;
      const holders = devices.filter((device) => session.sharedFrom(device) !== undefined && device.localTrust !== "blacklisted");
      const { keys } = this.#encryptKeys(session, holders);
      requests.push(...this.#post(session, "m.room.encrypted", keys, false));
    }
    return requests;
  }

  #decideRecipients(userIds: Iterable<UserId>, settings: EncryptionSettings): Recipients {
    const { userId: ownUserId, deviceId: ownDeviceId } = this.#context;
    const users: CandidateUser[] = [];
    for (const userId of new Set(userIds)) {
      const devices = this.#directory
        .userDevices(userId)
        .filter((device) => userId !== ownUserId || device.deviceId !== ownDeviceId)
        .map((device) => ({ device, trust: this.#directory.trustOf(device) }));
      users.push({ userId, owner: this.#directory.ownerTrust(userId), devices });
    }
    const own = this.#directory.device(ownUserId, ownDeviceId);
    if (own === undefined) throw new Error("our own device is not in the directory");
    const recipients = decideRecipients(settings.sharingStrategy, users, this.#directory.trustOf(own));
    if (!recipients.ok) throw new RoomKeySharingError(recipients.error);
    return recipients.value;
  }

  #deliver(session: OutboundSession, recipients: Recipients): void {
    const { keys, withoutOlm } = this.#encryptKeys(session, [...recipients.allowed.values()].flat());
    this.#post(session, "m.room.encrypted", keys);
    const notices: Delivery[] = [];
    for (const { device, code } of recipients.withheld) {
      if (!session.wasToldWithheld(device, code)) notices.push(this.#notice(session, device, code));
    }
    for (const device of withoutOlm) {
      if (device.withheldCodeSent || session.wasToldWithheld(device, "m.no_olm")) continue;
      this.#directory.setWithheldCodeSent(device);
      notices.push(this.#notice(session, device, "m.no_olm"));
    }
    this.#post(session, WITHHELD_EVENT_TYPE, notices);
  }

  /** For those of the devices that need the key. */
  #encryptKeys(session: OutboundSession, devices: readonly Device[]): { keys: Delivery[]; withoutOlm: Device[] } {
    const needy = devices.filter((device) => session.needsKey(device));
    if (needy.length === 0) return { keys: [], withoutOlm: [] };
    const shared = isSharedHistory(session.historyVisibility);
    const payload = this.#channel.payload(
      "m.room_key",
      encodeRoomKey(session.roomId, session.sessionId, session.ratchet.sessionKey(), shared),
    );
    const contents = this.#channel.encryptAll(needy, payload);
    return {
      keys: [...contents].map(([device, content]) => ({ device, content, detail: device.olmWedgingIndex })),
      withoutOlm: needy.filter((device) => !contents.has(device)),
    };
  }

  #notice(session: OutboundSession, device: Device, code: WithheldCode): Delivery {
    return { device, content: encodeWithheld(code, session, this.#context.identityKeys.curve25519), detail: code };
  }

  /** Stores the requests with whatever they moved, so that they can be sent again, as they are, after a restart. */
  #post(session: OutboundSession, eventType: string, deliveries: readonly Delivery[], awaited?: boolean): OutgoingRequest[] {
    const { store, env } = this.#context;
    const requests: OutgoingRequest[] = [];
    for (let at = 0; at < deliveries.length; at += MAX_DEVICES_A_REQUEST) {
      const batch = groupByUser(deliveries.slice(at, at + MAX_DEVICES_A_REQUEST));
      const messages = Object.fromEntries(
        [...batch].map(([userId, list]) => [userId, Object.fromEntries(list.map(({ device, content }) => [device.deviceId, content]))]),
      );
      const share: RoomKeyShare = {
        requestId: newRequestId(env),
        roomId: session.roomId,
        withheld: eventType === WITHHELD_EVENT_TYPE,
        messageIndex: session.messageIndex,
        recipients: [...batch].map(([userId, list]): ShareRecipients => [
          userId,
          list.map(({ device, detail }) => [device.deviceId, device.curve25519, detail]),
        ]),
        messages: JSON.stringify(messages),
      };
      store.requireDurability();
      store.roomKeyShares.insert(share);
      const request = toDeviceRequest(share.requestId, eventType, messages);
      session.addShare(share, request, awaited);
      requests.push(request);
    }
    return requests;
  }
}

function idsOf({ allowed }: Recipients): Map<UserId, Set<string>> {
  return new Map([...allowed].map(([userId, devices]) => [userId, new Set(devices.map(({ deviceId }) => deviceId))]));
}

function groupByUser(deliveries: readonly Delivery[]): Map<UserId, Delivery[]> {
  const groups = new Map<UserId, Delivery[]>();
  for (const delivery of deliveries) {
    const group = groups.get(delivery.device.userId);
    if (group === undefined) groups.set(delivery.device.userId, [delivery]);
    else group.push(delivery);
  }
  return groups;
}

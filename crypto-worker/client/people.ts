import type { ChatContract } from "../../protocol/chat.ts";
import type { ResultOf } from "../../protocol/define.ts";
import { CodedError } from "../../protocol/errors.ts";
import { parseUserId } from "../../protocol/ids.ts";
import type { DeviceView } from "../../protocol/messages/device.ts";
import { arrayField, isJsonObject, stringField } from "../wire/json.ts";
import { isUnattended } from "../machine/device-info.ts";
import type { ClientContext } from "./context.ts";
import type { RequestPump } from "./pump.ts";
import type { Machine } from "./machine.ts";
import type { OwnDevices } from "./own-devices.ts";
import { wasVerified } from "./room-safety.ts";
import { parseShownUserId } from "./shown-ids.ts";
import { cleanMxc, cleanName } from "./rooms/names.ts";

type Found = ResultOf<ChatContract["searchUsers"]>;

const DEVICES_WAIT_MS = 5000;

/** Other people: the user directory and their devices. */
export class People {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  readonly #ownDevices: OwnDevices;

  constructor(context: ClientContext, pump: RequestPump, ownDevices: OwnDevices) {
    this.#context = context;
    this.#pump = pump;
    this.#ownDevices = ownDevices;
  }

  async search(term: string): Promise<Found> {
    const answer = await this.#context.http.jsonOrThrow({
      kind: "account",
      method: "POST",
      path: "/_matrix/client/v3/user_directory/search",
      body: { search_term: term, limit: 20 },
      retry: "safe",
    });
    return (arrayField(answer, "results") ?? []).slice(0, 50).flatMap((entry) => {
      const userId = isJsonObject(entry) ? parseShownUserId(stringField(entry, "user_id")) : undefined;
      if (!isJsonObject(entry) || userId === undefined) return [];
      return [
        {
          userId,
          displayName: cleanName(stringField(entry, "display_name")) ?? null,
          avatar: cleanMxc(stringField(entry, "avatar_url")) ?? null,
        },
      ];
    });
  }

  /** A person's devices, without those that take keys while nobody is signed in; asked of the server first where none is known yet. */
  async devices(userId: string): Promise<DeviceView[]> {
    await this.#ask(userId);
    const known = this.#knownDevices(userId);
    if (userId !== this.#context.userId) return known;
    const all = await this.#ownDevices.complete(known);
    const unattended = new Set<string>(
      this.#context.machine
        .getUserDevices(userId)
        .filter(isUnattended)
        .map(({ deviceId }) => deviceId),
    );
    return all.filter(({ deviceId }) => !unattended.has(deviceId));
  }

  /** A person's cross-signing identity; asked of the server first where no device of theirs is known yet. */
  async identity(userId: string): Promise<ResultOf<ChatContract["identity"]>> {
    await this.#ask(userId);
    return this.#context.machine.getIdentity(userId) ?? null;
  }

  /** Takes trust away, or takes that back. Only a ceremony in the vault gives it. */
  setBlacklisted(userId: string, deviceId: string, blacklisted: boolean): void {
    const { machine } = this.#context;
    const device = machine.getDevice(userId, deviceId);
    if (device === undefined) throw new CodedError("not-found");
    if (device.blacklisted === blacklisted) return;
    this.#context.commit((changes) => {
      machine.setLocalTrust(userId, deviceId, blacklisted ? "blacklisted" : "unset");
      changes.deviceOwners.add(device.userId);
    });
  }

  /** Takes a person's present identity as theirs. Throws `forbidden` for one who was verified: that is decided in the vault. */
  acceptIdentity(userId: string): void {
    const identity = this.#context.machine.getIdentity(userId);
    if (identity === undefined) throw new CodedError("not-found");
    if (wasVerified(identity)) throw new CodedError("forbidden");
    this.#decide(userId, (machine) => machine.pinIdentity(userId));
  }

  /** SECURITY: for the vault only. Accepts that a person who was verified is not any more. */
  withdrawVerification(userId: string): void {
    if (this.#context.machine.getIdentity(userId) === undefined) throw new CodedError("not-found");
    this.#decide(userId, (machine) => machine.withdrawVerification(userId));
  }

  #decide(userId: string, decision: (machine: Machine) => void): void {
    const user = parseUserId(userId);
    if (!user.ok) throw new CodedError("invalid-request");
    this.#context.commit((changes) => {
      decision(this.#context.machine);
      changes.deviceOwners.add(user.value);
    });
  }

  #knownDevices(userId: string): DeviceView[] {
    return this.#context.machine
      .getUserDevices(userId)
      .filter((device) => !isUnattended(device))
      .slice(0, 2000)
      .map((device) => ({
        userId: device.userId,
        deviceId: device.deviceId,
        displayName: cleanName(device.displayName) ?? null,
        ed25519: device.ed25519,
        curve25519: device.curve25519,
        verified: device.verified,
        crossSigned: device.crossSigned,
        blacklisted: device.blacklisted,
        own: device.userId === this.#context.userId,
        firstSeen: Math.max(0, device.firstSeen),
        lastSeen: null,
      }));
  }

  async #ask(userId: string): Promise<void> {
    const { machine } = this.#context;
    if (machine.getUserDevices(userId).length > 0) return;
    machine.updateTrackedUsers([userId]);
    await this.#pump.settle("keys_query", DEVICES_WAIT_MS);
  }
}

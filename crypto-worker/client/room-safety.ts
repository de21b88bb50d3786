import type { ChatContract } from "../../protocol/chat.ts";
import type { ResultOf } from "../../protocol/define.ts";
import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import type { RoomId, UserId } from "../../protocol/ids.ts";
import type { DeviceInfo, IdentityInfo } from "../machine/device-info.ts";
import type { SharingFailure } from "../machine/megolm/sharing-strategy.ts";
import type { Changes } from "./changes.ts";
import type { ClientContext } from "./context.ts";
import type { ToleratedDevice } from "../store/tables/send-queue.ts";
import type { Machine } from "./machine.ts";
import type { RequestPump } from "./pump.ts";
import { recipientsOf, type MemberLoader } from "./rooms/members.ts";

type Safety = ResultOf<ChatContract["roomSafety"]>;
type Trouble = Pick<Safety, "changed" | "unsignedDevices">;

const MAX_USERS = 1000;
const MAX_DEVICES = 100;

/** Who in a room is not who they were. Our own identity and devices are not among them: how those stand is the account's safety. */
export class RoomSafety {
  readonly #context: ClientContext;
  readonly #members: MemberLoader;
  readonly #pump: RequestPump;

  constructor(context: ClientContext, members: MemberLoader, pump: RequestPump) {
    this.#context = context;
    this.#members = members;
    this.#pump = pump;
  }

  /** Looks at everybody who is in an encrypted room or invited to it. Of whom nothing is known yet is asked for: `devicesChanged` tells when to look again. */
  async of(roomId: RoomId): Promise<Safety> {
    const onlyVerified = this.#onlyVerified(roomId);
    if (this.#isClear(roomId)) return { everyoneVerified: false, changed: [], unsignedDevices: [], onlyVerified, leftOut: [] };
    const complete = await this.#loadMembers(roomId);
    if (this.#context.isClosed()) throw new CodedError("not-signed-in");
    const { store, machine, userId: ownUserId } = this.#context;
    return store.transaction(() => {
      const userIds = store.members.withMembership(roomId, "join").concat(store.members.withMembership(roomId, "invite"));
      machine.updateTrackedUsers(userIds);
      store.afterCommit(() => this.#pump.trigger());
      const { changed, unsignedDevices } = troubleWith(this.#context, userIds);
      // Where keys go to verified devices only, these hold nothing back: they get none.
      const holding = isOnlyTrusted(machine, roomId) ? [] : unsignedDevices;
      return {
        everyoneVerified: complete && [ownUserId, ...userIds].every((userId) => this.#isVerified(userId)),
        changed: changed.slice(0, MAX_USERS),
        unsignedDevices: holding
          .slice(0, MAX_USERS)
          .map(({ userId, deviceIds }) => ({ userId, deviceIds: deviceIds.slice(0, MAX_DEVICES) })),
        onlyVerified,
        leftOut: this.#leftOut([ownUserId, ...userIds]),
      };
    });
  }

  #onlyVerified(roomId: RoomId): Safety["onlyVerified"] {
    const { machine } = this.#context;
    return { everywhere: machine.onlyAllowTrustedDevices(), here: machine.onlyAllowTrustedDevices(roomId) };
  }

  /** Whom some or all of the devices that are known of them would get no keys for, if only verified ones did. */
  #leftOut(userIds: readonly UserId[]): Safety["leftOut"] {
    const { machine, deviceId: ownDeviceId, userId: ownUserId } = this.#context;
    const leftOut: Safety["leftOut"] = [];
    for (const userId of new Set(userIds)) {
      const devices = machine.getUserDevices(userId).filter(({ deviceId }) => userId !== ownUserId || deviceId !== ownDeviceId);
      const untrusted = devices.filter((device) => !isTrusted(device)).length;
      // The device that this runs on can always read.
      const all = untrusted === devices.length && userId !== ownUserId;
      if (untrusted > 0) leftOut.push({ userId, devices: all ? "all" : "some" });
      if (leftOut.length === MAX_USERS) break;
    }
    return leftOut;
  }

  #isClear(roomId: RoomId): boolean {
    const room = this.#context.store.rooms.load(roomId);
    if (room === undefined) throw new CodedError("not-found");
    return room.algorithm === undefined;
  }

  /** Whether everybody is known; without the server those who are known have to do. */
  async #loadMembers(roomId: RoomId): Promise<boolean> {
    if (this.#context.store.rooms.load(roomId)?.membership !== "join") return false;
    try {
      await this.#members.ensure(roomId);
      return true;
    } catch (error) {
      if (error instanceof CodedError) return false;
      throw error;
    }
  }

  #isVerified(userId: UserId): boolean {
    const { machine } = this.#context;
    return (
      machine.getIdentity(userId)?.verified === true &&
      machine.getUserDevices(userId).every((device) => device.crossSigned || isDecided(device))
    );
  }
}

/** Whether a room's keys go to trusted devices only, for its own sake or because all do. */
export const isOnlyTrusted = (machine: Machine, roomId: RoomId): boolean =>
  machine.onlyAllowTrustedDevices() || machine.onlyAllowTrustedDevices(roomId);

/**
 * Why nothing may be encrypted for a room's recipients before a person has decided; undefined where nothing stands against it. Devices that are tolerated, and
 * those that get no keys anyway, stand against nothing; a changed identity always does.
 */
export function sharingProblem(context: ClientContext, roomId: RoomId, tolerated: readonly ToleratedDevice[] = []): ErrorCode | undefined {
  const { changed, unsignedDevices } = troubleWith(context, recipientsOf(context, roomId).userIds);
  if (changed.some(({ problem }) => problem === "was-verified")) return "verified-identity-changed";
  if (isOnlyTrusted(context.machine, roomId)) return undefined;
  const isTolerated = (userId: string, deviceId: string): boolean =>
    tolerated.some(([user, device]) => user === userId && device === deviceId);
  const holds = unsignedDevices.some(({ userId, deviceIds }) => deviceIds.some((deviceId) => !isTolerated(userId, deviceId)));
  return holds ? "verified-user-unsigned-device" : undefined;
}

/**
 * Whether our own identity was replaced, or does not vouch for all of our devices. It does not keep us from writing: a device that somebody has just signed in
 * with would otherwise silence all their others until it is verified. What is not in order is said in the account's safety (decision 0008).
 */
export function hasOwnTrouble({ machine, userId, deviceId }: ClientContext): boolean {
  const identity = machine.getIdentity(userId);
  if (identity === undefined) return false;
  if (!identity.verified) return identity.previouslyVerified;
  return machine.getUserDevices(userId).some((device) => device.deviceId !== deviceId && !device.crossSigned && !isDecided(device));
}

/** What the pages are told of the machine's refusal to share a room key. */
export function codeOfSharingFailure(code: SharingFailure["code"]): ErrorCode {
  switch (code) {
    case "VerifiedUserChangedIdentity":
      return "verified-identity-changed";
    case "VerifiedUserHasUnsignedDevice":
      return "verified-user-unsigned-device";
    case "CrossSigningNotSetup":
    case "SendingFromUnverifiedDevice":
      return "encryption-failed";
  }
}

/** The identity was verified and is not any more: only a person can say what to make of it. */
export const wasVerified = ({ verified, previouslyVerified }: IdentityInfo): boolean => previouslyVerified && !verified;

/**
 * After we have given ourselves another identity, with which nobody is verified: that is no news about people whose own identity is the one that we know, and
 * must not look like it. Who has another one than we know stays a question.
 */
export function forgetVerifications({ machine, userId: ownUserId }: ClientContext, changes: Changes): void {
  for (const userId of machine.trackedUsers()) {
    const identity = userId === ownUserId ? undefined : machine.getIdentity(userId);
    if (identity === undefined || !wasVerified(identity) || identity.pinViolation) continue;
    machine.withdrawVerification(userId);
    changes.deviceOwners.add(userId);
  }
}

function troubleWith({ machine, userId: ownUserId }: ClientContext, userIds: Iterable<UserId>): Trouble {
  const changed: Trouble["changed"] = [];
  const unsignedDevices: Trouble["unsignedDevices"] = [];
  for (const userId of userIds) {
    const identity = userId === ownUserId ? undefined : machine.getIdentity(userId);
    if (identity === undefined) continue;
    if (wasVerified(identity)) changed.push({ userId, problem: "was-verified" });
    else if (identity.pinViolation && !identity.verified) changed.push({ userId, problem: "new-identity" });
    if (!identity.verified) continue;
    const unsigned = machine.getUserDevices(userId).filter((device) => !device.crossSigned && !isDecided(device));
    if (unsigned.length > 0) unsignedDevices.push({ userId, deviceIds: unsigned.map(({ deviceId }) => deviceId) });
  }
  return { changed, unsignedDevices };
}

/** It gets keys where only trusted devices do. */
const isTrusted = ({ verified, localTrust }: DeviceInfo): boolean => localTrust === "ignored" || (verified && localTrust !== "blacklisted");

/** A person has said of this device that it gets keys, or that it does not, whatever its owner's identity says. */
const isDecided = ({ localTrust }: DeviceInfo): boolean => localTrust === "blacklisted" || localTrust === "ignored";

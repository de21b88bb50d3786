import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";
import type { Device } from "./device.ts";

const MAX_CACHED_USERS = 2000;
/** Rows of one user, most of them of devices that are gone: a device keeps its Ed25519 key for ever. Nobody but a server that makes them up gets this far. */
export const MAX_KEPT_PER_USER = 10_000;

type UserDevices = {
  readonly byId: Map<DeviceId, Device>;
  /** Nearly always one each. */
  readonly byCurve: Map<Curve25519PublicKey, readonly Device[]>;
  /** Without the deleted ones; made when asked for. */
  active: readonly Device[] | undefined;
};

/** The devices of the store by user, cached within bounds. */
export class Devices {
  readonly #context: MachineContext;
  readonly #cache = new LruMap<UserId, UserDevices>(MAX_CACHED_USERS);

  constructor(context: MachineContext) {
    this.#context = context;
  }

  find(userId: UserId, deviceId: DeviceId): Device | undefined {
    return this.#load(userId).byId.get(deviceId);
  }

  /**
   * SECURITY: anybody who can list devices for a user can list one more with the public Curve25519 key of another; it must not take that one's place. So the
   * one that is still there comes first, then the one that its owner has signed, then the one that was known earlier.
   */
  findByCurveKey(userId: UserId, curve25519: Curve25519PublicKey): Device | undefined {
    const devices = this.#load(userId).byCurve.get(curve25519);
    return devices === undefined || devices.length === 1 ? devices?.[0] : devices.toSorted(compareClaims)[0];
  }

  /** Also the deleted ones. */
  all(userId: UserId): readonly Device[] {
    return [...this.#load(userId).byId.values()];
  }

  /** Whether as many devices of a user are known as are kept, the deleted ones too. */
  isFull(userId: UserId): boolean {
    return this.#load(userId).byId.size >= MAX_KEPT_PER_USER;
  }

  active(userId: UserId): readonly Device[] {
    const devices = this.#load(userId);
    devices.active ??= [...devices.byId.values()].filter((device) => !device.deleted);
    return devices.active;
  }

  save(device: Device): Device {
    this.#context.store.devices.save(device);
    const devices = this.#load(device.userId);
    const previous = devices.byId.get(device.deviceId);
    if (previous !== undefined) unindex(devices.byCurve, previous);
    devices.byId.set(device.deviceId, device);
    index(devices.byCurve, device);
    devices.active = undefined;
    return device;
  }

  /** Forgets what is in memory; after a rollback. */
  drop(): void {
    this.#cache.clear();
  }

  #load(userId: UserId): UserDevices {
    const cached = this.#cache.get(userId);
    if (cached !== undefined) return cached;
    const devices: UserDevices = { byId: new Map(), byCurve: new Map(), active: undefined };
    for (const device of this.#context.store.devices.ofUser(userId)) {
      devices.byId.set(device.deviceId, device);
      index(devices.byCurve, device);
    }
    this.#cache.set(userId, devices);
    return devices;
  }
}

type ByCurve = UserDevices["byCurve"];

function index(byCurve: ByCurve, device: Device): void {
  byCurve.set(device.curve25519, [...(byCurve.get(device.curve25519) ?? []), device]);
}

function unindex(byCurve: ByCurve, { deviceId, curve25519 }: Device): void {
  const others = (byCurve.get(curve25519) ?? []).filter((other) => other.deviceId !== deviceId);
  if (others.length === 0) byCurve.delete(curve25519);
  else byCurve.set(curve25519, others);
}

/** Negative when `a` has the better claim to a key that both name. */
function compareClaims(a: Device, b: Device): number {
  const isSigned = (device: Device): number => Number(device.crossSignedBy !== undefined);
  return Number(a.deleted) - Number(b.deleted) || isSigned(b) - isSigned(a) || a.firstSeenTs - b.firstSeenTs;
}

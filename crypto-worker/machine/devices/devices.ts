import type { Curve25519PublicKey, DeviceId, UserId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";
import { LruMap } from "../lru-map.ts";
import type { Device } from "./device.ts";

const MAX_CACHED_USERS = 2000;

type UserDevices = {
  readonly byId: Map<DeviceId, Device>;
  readonly byCurve: Map<Curve25519PublicKey, Device>;
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

  findByCurveKey(userId: UserId, curve25519: Curve25519PublicKey): Device | undefined {
    return this.#load(userId).byCurve.get(curve25519);
  }

  /** Also the deleted ones. */
  all(userId: UserId): readonly Device[] {
    return [...this.#load(userId).byId.values()];
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
    if (previous !== undefined && devices.byCurve.get(previous.curve25519)?.deviceId === device.deviceId)
      devices.byCurve.delete(previous.curve25519);
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

/** A user may list one Curve25519 key under two device ids; a device that is still there wins over a deleted one. */
function index(byCurve: Map<Curve25519PublicKey, Device>, device: Device): void {
  const other = byCurve.get(device.curve25519);
  if (other === undefined || other.deleted || !device.deleted) byCurve.set(device.curve25519, device);
}

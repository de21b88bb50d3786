import { notFound } from "./matrix-error.ts";

export type Device = { deviceId: string; displayName: string | undefined; lastSeenAt: number };

export class Devices {
  readonly #devices = new Map<string, Map<string, Device>>();

  add(userId: string, deviceId: string, displayName: string | undefined): { device: Device; isNew: boolean } {
    const devices = this.#devices.get(userId) ?? new Map<string, Device>();
    this.#devices.set(userId, devices);
    const known = devices.get(deviceId);
    if (known !== undefined) return { device: known, isNew: false };
    const device: Device = { deviceId, displayName, lastSeenAt: Date.now() };
    devices.set(deviceId, device);
    return { device, isNew: true };
  }

  find(userId: string, deviceId: string): Device | undefined {
    return this.#devices.get(userId)?.get(deviceId);
  }

  expect(userId: string, deviceId: string): Device {
    const device = this.find(userId, deviceId);
    if (device === undefined) throw notFound("No such device");
    return device;
  }

  of(userId: string): Device[] {
    return [...(this.#devices.get(userId)?.values() ?? [])];
  }

  remove(userId: string, deviceId: string): boolean {
    return this.#devices.get(userId)?.delete(deviceId) ?? false;
  }
}

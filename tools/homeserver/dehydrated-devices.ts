import type { JsonObject } from "./json.ts";
import { forbidden, notFound } from "./matrix-error.ts";

export type DehydratedDevice = { deviceId: string; deviceData: JsonObject };

/** The device of each user that nobody is signed in on (MSC3814); its keys and its queue are where those of others are. */
export class DehydratedDevices {
  readonly #devices = new Map<string, DehydratedDevice>();

  find(userId: string): DehydratedDevice | undefined {
    return this.#devices.get(userId);
  }

  expect(userId: string): DehydratedDevice {
    const device = this.find(userId);
    if (device === undefined) throw notFound("No dehydrated device available");
    return device;
  }

  /** Only of the present one may a client read what was sent to it. */
  expectId(userId: string, deviceId: string): DehydratedDevice {
    const device = this.find(userId);
    if (device?.deviceId !== deviceId) throw forbidden("You may only fetch messages for your dehydrated device");
    return device;
  }

  set(userId: string, device: DehydratedDevice): void {
    this.#devices.set(userId, device);
  }

  /** When the device goes, whoever takes it away. */
  remove(userId: string, deviceId: string): void {
    if (this.find(userId)?.deviceId === deviceId) this.#devices.delete(userId);
  }
}

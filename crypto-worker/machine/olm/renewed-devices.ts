import type { DeviceId, UserId } from "../../../protocol/ids.ts";
import type { Device } from "../devices/device.ts";
import type { Env } from "../env.ts";
import { LruMap } from "../lru-map.ts";

type Key = `${UserId}\n${DeviceId}`;

/** As often as an honest device begins a new session (E2EE §Recovering from undecryptable messages). */
const INTERVAL_MS = 60 * 60 * 1000;
const MAX_REMEMBERED = 1000;

/**
 * Devices that began a new Olm session with us, and are to be sent again what may be lost. Nothing bounds how many sessions a device begins, and each time
 * costs us a message a room: so it happens once an hour, and else waits for the room's next message.
 */
export class RenewedDevices {
  readonly #env: Env;
  readonly #waiting = new Map<Key, Device>();
  readonly #sentTs = new LruMap<Key, number>(MAX_REMEMBERED);

  constructor(env: Env) {
    this.#env = env;
  }

  add(device: Device): void {
    this.#waiting.set(keyOf(device), device);
  }

  /** Those whose turn it is, each once. */
  take(): Device[] {
    const now = this.#env.now();
    const due = [...this.#waiting].filter(([key]) => Math.abs(now - (this.#sentTs.get(key) ?? Number.NEGATIVE_INFINITY)) >= INTERVAL_MS);
    this.#waiting.clear();
    return due.map(([, device]) => device);
  }

  /** Something was sent to these, or to some of them. */
  markSent(devices: readonly Device[]): void {
    for (const device of devices) this.#sentTs.set(keyOf(device), this.#env.now());
  }

  /** After a rollback, which took back what was sent. */
  drop(): void {
    this.#waiting.clear();
    this.#sentTs.clear();
  }
}

/** Neither id can hold the separator. */
function keyOf({ userId, deviceId }: Device): Key {
  return `${userId}\n${deviceId}`;
}

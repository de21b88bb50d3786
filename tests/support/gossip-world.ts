import type { OutgoingRequest } from "../../crypto-worker/machine/requests/outgoing-request.ts";
import type { JsonObject } from "../../crypto-worker/wire/json.ts";
import { refresh, type KeyServer, type TestClock, type TestDevice } from "./machine-world.ts";
import { contentsOf, olmEvent } from "./olm-events.ts";

/** Alice's old device and her new one, and Bob's. */
export type GossipWorld = {
  readonly server: KeyServer;
  readonly clock: TestClock;
  readonly old: TestDevice;
  readonly fresh: TestDevice;
  readonly bob: TestDevice;
};

/** Sends and receives until nothing moves. The names of the secrets that came. */
export function settle(...devices: readonly TestDevice[]): string[] {
  const secrets: string[] = [];
  for (let round = 0; round < 4; round++) {
    for (const device of devices) device.flush();
    for (const device of devices) secrets.push(...device.sync().secretsReceived);
  }
  return secrets;
}

/** What the device is about to ask for, or to take back. */
export const requestsOf = (device: TestDevice, action = "request"): JsonObject[] =>
  device
    .waiting("to_device")
    .flatMap(contentsOf)
    .filter((content) => content["action"] === action);

/** Answers are encrypted, so that there is nothing to be seen but that there is one. */
export const answersOf = (device: TestDevice): OutgoingRequest[] =>
  device.waiting("to_device").filter(({ path }) => path.includes("m.room.encrypted"));

/** As `olmEvent`, between devices that need not know each other yet. */
export function encrypted(from: TestDevice, to: TestDevice, type: string, content: JsonObject): JsonObject {
  if (from.machine.getDevice(to.userId, to.deviceId) === undefined) refresh(from, to);
  from.send(from.machine.getMissingSessions([to.userId]));
  return olmEvent(from, to, type, content);
}

import { aliceAndBob, type AliceAndBob } from "./alice-and-bob.ts";
import { refresh, type TestDevice } from "./machine-world.ts";

export const ALICE = "@alice:example.org";
export const BOB = "@bob:example.org";
export const METHODS = ["m.sas.v1", "m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"];

/** Two users with identities, who know each other's keys. */
export function verifyingPair(): AliceAndBob {
  const all = aliceAndBob();
  for (const device of [all.alice, all.bob]) device.send(...device.machine.bootstrapCrossSigning());
  refresh(all.alice, all.bob);
  return all;
}

/** Sends and receives until nothing moves. */
export function settle(...devices: readonly TestDevice[]): void {
  for (let round = 0; round < 8; round++) {
    for (const device of devices) device.flush();
    for (const device of devices) device.sync();
  }
}

/** Both are ready, by to-device messages. The flow's id. */
export function ready({ alice, bob }: AliceAndBob): string {
  const { flowId, requests } = alice.machine.requestDeviceVerification(BOB, "B", METHODS);
  alice.send(...requests);
  settle(alice, bob);
  bob.send(...bob.machine.acceptVerification(ALICE, flowId, METHODS));
  settle(alice, bob);
  return flowId;
}

/** Both show the codes of a SAS that Alice has started. The flow's id. */
export function withCodes(all: AliceAndBob): string {
  const { alice, bob } = all;
  const flowId = ready(all);
  alice.send(...alice.machine.startSas(BOB, flowId));
  settle(alice, bob);
  bob.send(...bob.machine.acceptSas(ALICE, flowId));
  settle(alice, bob);
  return flowId;
}

/** Both say that the codes are the same; done on both sides, and what Alice signed is still to be uploaded. */
export function confirmBoth({ alice, bob }: AliceAndBob, flowId: string): void {
  alice.send(...alice.machine.confirmSas(BOB, flowId));
  settle(alice, bob);
  bob.send(...bob.machine.confirmSas(ALICE, flowId));
  bob.flush();
  alice.sync();
  alice.send(...alice.waiting("to_device"));
  bob.sync();
  bob.flush();
  alice.sync();
}

/** Where the newest flow with a user stands. */
export const phase = (device: TestDevice, userId: string): string | undefined =>
  device.machine.getVerificationRequests(userId).at(-1)?.phase;

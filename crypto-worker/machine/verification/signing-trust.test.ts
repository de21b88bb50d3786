import { beforeAll, expect, test } from "vitest";
import { refresh, TestDevice } from "../../../tests/support/machine-world.ts";
import { ALICE, BOB, confirmBoth, METHODS, settle, verifyingPair, withCodes } from "../../../tests/support/verifying-pair.ts";
import { OlmMachine } from "../olm-machine.ts";

beforeAll(() => OlmMachine.ready());

test("SAS between two devices of one user: the new one is signed by the one that has the keys, and takes their identity for its own", () => {
  const { server, clock, alice: old } = verifyingPair();
  const fresh = new TestDevice(server, ALICE, "NEW", clock);
  fresh.flush();
  refresh(old, fresh);
  expect(fresh.machine.getIdentity(ALICE)?.verified).toBe(false);
  const { flowId, requests } = fresh.machine.requestDeviceVerification(ALICE, old.deviceId, METHODS);
  fresh.send(...requests);
  const step = (device: TestDevice, made: Parameters<TestDevice["send"]>): void => {
    device.send(...made);
    settle(old, fresh);
  };
  settle(old, fresh);
  step(old, old.machine.acceptVerification(ALICE, flowId, METHODS));
  step(fresh, fresh.machine.startSas(ALICE, flowId));
  step(old, old.machine.acceptSas(ALICE, flowId));
  step(old, old.machine.confirmSas(ALICE, flowId));
  expect(old.machine.getDevice(ALICE, "NEW")).toMatchObject({ crossSigned: false, verified: false });
  step(fresh, fresh.machine.confirmSas(ALICE, flowId));
  refresh(old, fresh);
  expect(old.machine.getDevice(ALICE, "NEW")).toMatchObject({ crossSigned: true, verified: true });
  expect(fresh.machine.getIdentity(ALICE)?.verified).toBe(true);
  expect(fresh.machine.getDevice(ALICE, "NEW")).toMatchObject({ crossSigned: true, verified: true });
});

test("who was verified already is signed no second time", () => {
  const all = verifyingPair();
  const { alice, bob } = all;
  const uploads: number[] = [];
  for (let round = 0; round < 2; round++) {
    const flowId = withCodes(all);
    confirmBoth(all, flowId);
    expect(alice.machine.getVerification(BOB, flowId)).toMatchObject({ state: "done" });
    uploads.push(alice.waiting("signatures_upload").length);
    settle(alice, bob);
  }
  expect(uploads).toEqual([1, 0]);
  expect(alice.machine.getIdentity(BOB)?.verified).toBe(true);
});

import { beforeAll, expect, test } from "vitest";
import { aliceAndBob } from "../../../tests/support/alice-and-bob.ts";
import { damaged, ping, receive } from "../../../tests/support/olm-events.ts";
import { OlmMachine } from "../olm-machine.ts";

beforeAll(() => OlmMachine.ready());

test("a message of a device that we do not know, and cannot read, has us look for its owner's devices", () => {
  const { alice, bob } = aliceAndBob();
  bob.machine.updateTrackedUsers([alice.userId]);
  bob.flush();
  const second = alice.another("A2");
  second.flush();
  second.meet(bob);
  expect(bob.machine.outdatedUsers([alice.userId])).toEqual([]);
  expect(receive(bob, damaged(ping(second, bob)))).toEqual(["unableToDecrypt"]);
  expect(bob.machine.outdatedUsers([alice.userId])).toEqual([alice.userId]);
  bob.flush();
  // Of a known one it is no reason to.
  expect(receive(bob, damaged(ping(second, bob, 1)))).toEqual(["unableToDecrypt"]);
  expect(bob.machine.outdatedUsers([alice.userId])).toEqual([]);
});

test("of somebody whom we do not follow, nothing is asked for it", () => {
  const { alice, bob } = aliceAndBob();
  alice.meet(bob);
  expect(receive(bob, damaged(ping(alice, bob)))).toEqual(["unableToDecrypt"]);
  expect(bob.machine.trackedUsers()).toEqual([bob.userId]);
});

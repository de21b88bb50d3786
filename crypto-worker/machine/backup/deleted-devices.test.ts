import { beforeAll, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { OlmMachine } from "../olm-machine.ts";

const ALICE = "@alice:example.org";

beforeAll(() => OlmMachine.ready());

test("a device that is gone vouches for no backup, though it was verified and its signature is right", () => {
  const server = new KeyServer();
  const clock = new TestClock();
  const alice = new TestDevice(server, ALICE, "A", clock);
  const second = new TestDevice(server, ALICE, "A2", clock);
  alice.flush();
  second.flush();
  const refresh = (): void => {
    alice.machine.markUsersAsChanged([ALICE]);
    alice.flush();
  };
  refresh();
  alice.machine.setLocalTrust(ALICE, "A2", "verified");
  const { algorithm, auth_data } = second.machine.backup.createInfo();
  const verdict = () => alice.machine.backup.verify({ algorithm, auth_data });
  expect(verdict()).toMatchObject({ trusted: true, otherDevices: new Map([["A2", "validAndTrusted"]]) });
  server.remove(ALICE, "A2");
  refresh();
  expect(verdict()).toMatchObject({ trusted: false, otherDevices: new Map() });
});

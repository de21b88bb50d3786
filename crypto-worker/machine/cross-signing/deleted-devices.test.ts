import { beforeAll, expect, test } from "vitest";
import { KeyServer, TestClock, TestDevice } from "../../../tests/support/machine-world.ts";
import { OlmMachine } from "../olm-machine.ts";

beforeAll(() => OlmMachine.ready());

test("a device that is gone is signed by nobody, nor one that never was", () => {
  const server = new KeyServer();
  const clock = new TestClock();
  const alice = new TestDevice(server, "@alice:example.org", "A", clock);
  alice.flush();
  alice.send(...alice.machine.bootstrapCrossSigning());
  const second = new TestDevice(server, "@alice:example.org", "A2", clock);
  second.flush();
  const refresh = (): void => {
    alice.machine.markUsersAsChanged([alice.userId]);
    alice.flush();
  };
  refresh();
  expect(alice.machine.verifyOwnDevice("A2")).toMatchObject([{ kind: "signatures_upload" }]);
  server.remove(alice.userId, "A2");
  refresh();
  for (const gone of ["A2", "NEVER"])
    expect(() => alice.machine.verifyOwnDevice(gone)).toThrow(expect.objectContaining({ code: "unknown-device" }));
});

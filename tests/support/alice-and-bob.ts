import { KeyServer, TestClock, TestDevice } from "./machine-world.ts";

export type AliceAndBob = { readonly server: KeyServer; readonly clock: TestClock; readonly alice: TestDevice; readonly bob: TestDevice };

/** Two users on one server, each with a device (`A` and `B`) whose keys are up. Neither knows of the other yet. */
export function aliceAndBob(): AliceAndBob {
  const server = new KeyServer();
  const clock = new TestClock();
  const alice = new TestDevice(server, "@alice:example.org", "A", clock);
  const bob = new TestDevice(server, "@bob:example.org", "B", clock);
  alice.flush();
  bob.flush();
  return { server, clock, alice, bob };
}

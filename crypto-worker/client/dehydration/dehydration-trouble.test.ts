import { expect, test, vi } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { breathe } from "../jobs.ts";
import { StoreError } from "../../store/types.ts";

const world = useClientWorld();
const AUTH = { kind: "password", password: "secret of alice" } as const;
const PATH = /\/dehydrated_device$/;

const recovery = (client: InProcessClient) => client.client.keeping.recovery;
const state = (client: InProcessClient): Safety["dehydration"]["state"] => client.client.keeping.safety.view().dehydration.state;
const untilState = (client: InProcessClient, wanted: Safety["dehydration"]["state"]) =>
  client.until(() => state(client) === wanted, `the dehydrated device to be ${wanted}`);

test("recovery ends, and an identity is replaced, also on a server that has trouble with dehydrated devices", async () => {
  world.server.faults.add({ kind: "status", status: 403, path: PATH });
  const alice = await world.person("alice");
  await recovery(alice).enable(null, AUTH);
  expect(alice.machine.dehydration.pickleKey()).toBeUndefined();
  await recovery(alice).resetIdentity(AUTH);
  await recovery(alice).enable(null, AUTH);
  await recovery(alice).disable();
  await untilState(alice, "off");
});

test("one of ours that the server does not give up keeps recovery from ending", async () => {
  const alice = await world.person("alice");
  await recovery(alice).enable(null, AUTH);
  await untilState(alice, "on");
  const refused = world.server.faults.add({ kind: "status", status: 403, path: PATH });
  await expect(recovery(alice).disable()).rejects.toMatchObject({ code: "forbidden" });
  refused.remove();
  await recovery(alice).disable();
  await untilState(alice, "off");
  expect(world.server.devices(alice.userId)).toHaveLength(1);
});

test("a store that cannot be written for a while is waited out", async () => {
  const alice = await world.person("alice");
  const failing = vi.spyOn(alice.machine.dehydration, "markCreated").mockImplementation(() => {
    throw new StoreError("disk-full");
  });
  await recovery(alice).enable(null, AUTH);
  await alice.until(() => failing.mock.calls.length > 0, "the attempt");
  for (let i = 0; i < 5; i++) await alice.sync();
  expect(failing).toHaveBeenCalledTimes(1);
  failing.mockRestore();
  alice.setReachable(true);
  await untilState(alice, "on");
});

test("what failed is tried again when its time has come, without a sync, and a store that cannot be read then ends nothing", async () => {
  const alice = await world.person("alice");
  const failing = vi.spyOn(alice.machine.dehydration, "markCreated").mockImplementation(() => {
    throw new StoreError("failed");
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  try {
    await recovery(alice).enable(null, AUTH);
    await vi.waitFor(() => expect(failing).toHaveBeenCalledTimes(1));
    await breathe();
    await alice.stopSyncing();
    vi.advanceTimersByTime(10_000);
    await vi.waitFor(() => expect(failing).toHaveBeenCalledTimes(2));
    await breathe();
    const unreadable = vi.spyOn(alice.machine.dehydration, "pickleKey").mockImplementation(() => {
      throw new StoreError("failed");
    });
    expect(() => vi.advanceTimersByTime(20_000)).not.toThrow();
    await vi.waitFor(() => expect(unreadable).toHaveBeenCalled());
  } finally {
    vi.useRealTimers();
  }
});

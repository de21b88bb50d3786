import { expect, test } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import type { InProcessClient } from "../../../tests/support/in-process-client.ts";

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

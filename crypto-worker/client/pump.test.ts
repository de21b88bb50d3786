import { beforeAll, expect, test } from "vitest";
import { CodedError } from "../../protocol/errors.ts";
import { networkTo } from "../../tests/support/fake-network.ts";
import { KeyServer, TestClock, TestDevice } from "../../tests/support/machine-world.ts";
import { createLog } from "../log.ts";
import { OlmMachine } from "../machine/olm-machine.ts";
import { systemEnv } from "../primitives/system-env.ts";
import { objectField } from "../wire/json.ts";
import { Changes } from "./changes.ts";
import { MatrixHttp } from "./http.ts";
import { RequestPump } from "./pump.ts";

const MALLORY = "@mallory:example.org";

beforeAll(() => OlmMachine.ready());

test("a list of devices that is too large to be fetched costs nobody but its user, and says why", async () => {
  const server = new KeyServer();
  const clock = new TestClock();
  const alice = new TestDevice(server, "@alice:example.org", "A", clock);
  alice.flush();
  const others = Array.from({ length: 5 }, (_, n) => new TestDevice(server, `@user${n}:example.org`, "U", clock));
  for (const other of others) other.flush();
  const asked: string[][] = [];
  const network = networkTo(({ path, body }) => {
    if (!path.endsWith("/keys/query")) throw new CodedError("offline");
    const query = JSON.parse(body ?? "{}");
    const userIds = Object.keys(objectField(query, "device_keys") ?? {});
    asked.push(userIds);
    if (userIds.includes(MALLORY)) throw new CodedError("too-large");
    const answer = server.handle(alice, { kind: "keys_query", path, body: query });
    return { status: 200, body: JSON.stringify(answer), bytes: null, contentType: null };
  });
  const lines: string[] = [];
  const pump = new RequestPump({
    machine: alice.machine,
    http: new MatrixHttp(network, systemEnv),
    log: createLog((line) => lines.push(line), Date.now),
    commit: (work) => work(new Changes()),
    isClosed: () => false,
  });
  alice.machine.updateTrackedUsers([
    ...others.slice(0, 2).map(({ userId }) => userId),
    MALLORY,
    ...others.slice(2).map(({ userId }) => userId),
  ]);
  try {
    await pump.settle("keys_query", 5000);
  } finally {
    pump.stop();
  }
  for (const { userId } of others) expect(alice.machine.getUserDevices(userId)).toHaveLength(1);
  expect(asked.filter((userIds) => userIds.includes(MALLORY)).map((userIds) => userIds.length)).toEqual([6, 3, 1]);
  expect(alice.machine.outdatedUsers([MALLORY])).toEqual([]);
  expect(lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "devices.refused")).toMatchObject([
    { code: "answer-too-large" },
  ]);
});

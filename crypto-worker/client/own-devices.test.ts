import { beforeEach, describe, expect, test } from "vitest";
import { parseDeviceId, type DeviceId } from "../../protocol/ids.ts";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";
import { parseSessions } from "./own-devices.ts";

const world = useClientWorld();
let alice: InProcessClient;

beforeEach(async () => {
  alice = await world.register("alice");
});

const own = () => alice.client.people.devices(alice.userId);
const asked = (): number => world.server.requests({ path: "/_matrix/client/v3/devices" }).length;

describe("our own devices", () => {
  test("carry the server's names and times, and are not asked for with every look", async () => {
    expect(await own()).toMatchObject([{ deviceId: alice.session.deviceId, displayName: "alice's device", lastSeen: expect.any(Number) }]);
    await own();
    expect(asked()).toBe(1);
  });

  test("are listed also where they have no keys, so that they can be signed out", async () => {
    const login = await fetch(`${world.server.url}/_matrix/client/v3/login`, {
      method: "POST",
      body: JSON.stringify({
        type: "m.login.password",
        identifier: { type: "m.id.user", user: alice.userId },
        password: "secret of alice",
        initial_device_display_name: "a script",
      }),
    });
    const { device_id: deviceId } = Object(await login.json());
    expect(await own()).toMatchObject([
      { deviceId: alice.session.deviceId },
      { deviceId, displayName: "a script", own: true, ed25519: "", verified: false, crossSigned: false, lastSeen: expect.any(Number) },
    ]);
  });

  test("are renamed on the server, and everybody who shows them is told", async () => {
    await own();
    const told: string[] = [];
    alice.client.emitter.on("devicesChanged", ({ userIds }) => told.push(...userIds));
    await alice.client.ownDevices.rename(idOf(alice.session.deviceId), "On the desk");
    expect(told).toEqual([alice.userId]);
    expect((await own())[0]?.displayName).toBe("On the desk");
    expect(world.server.devices(alice.userId)[0]?.displayName).toBe("On the desk");
    await expect(alice.client.ownDevices.rename(idOf("NOSUCH"), "x")).rejects.toMatchObject({ code: "not-found" });
  });

  test("are there without the server's help too, and it is asked again", async () => {
    for (const fault of [{ kind: "status", status: 500 } as const, { kind: "garbage" } as const]) {
      world.server.faults.add({ ...fault, path: "/_matrix/client/v3/devices", times: 1 });
      expect(await own()).toMatchObject([{ deviceId: alice.session.deviceId, lastSeen: null }]);
    }
    expect(await own()).toMatchObject([{ lastSeen: expect.any(Number) }]);
  });
});

test("what makes no sense of an answer is left out, the rest is kept", () => {
  expect(parseSessions({}).size).toBe(0);
  expect(parseSessions({ devices: "none" }).size).toBe(0);
  const odd = [null, {}, { device_id: 5 }, { device_id: "" }, { device_id: "ODD", display_name: 7, last_seen_ts: -1 }];
  expect([
    ...parseSessions({ devices: [...odd, { device_id: "__proto__", display_name: "\u202eevil", last_seen_ts: 5 }] }).values(),
  ]).toEqual([
    { deviceId: "ODD", displayName: null, lastSeen: null },
    { deviceId: "__proto__", displayName: "evil", lastSeen: 5 },
  ]);
});

function idOf(text: string): DeviceId {
  const parsed = parseDeviceId(text);
  if (!parsed.ok) throw new Error("not a device id");
  return parsed.value;
}

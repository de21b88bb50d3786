import { generateKeyPairSync } from "node:crypto";
import { expect } from "vitest";
import { TestKey, TestUser } from "../../../tools/homeserver/test-user.ts";
import { until } from "./party.ts";
import type { Scenario } from "./scenario.ts";

const EXTRAS = 98;
/** Most devices in one to-device request. */
const BATCH = 250;

export const largeRoom: Scenario = {
  name: "100 people: one claim and few to-device requests for the first message, none for the second",
  async play(world) {
    const line = await world.line();
    const [host, bob] = await Promise.all([world.bulkhead(world.account("host", line.url)), world.bob()]);
    const roomId = await host.createRoom({ invite: [], open: true });
    await bob.join(roomId);
    const extras = Array.from({ length: EXTRAS }, (_, index) => index);
    const side = async (): Promise<void> => {
      for (let index = extras.pop(); index !== undefined; index = extras.pop()) await addExtra(world.homeserver, `extra${index}`, roomId);
    };
    await Promise.all([side(), side(), side(), side()]);
    const everybody = EXTRAS + 2;
    await expect
      .poll(async () => (await host.members(roomId)).filter(({ membership }) => membership === "join").length, { timeout: 30_000 })
      .toBe(everybody);

    line.forgetCounts();
    const started = performance.now();
    await host.send(roomId, "Hello, everybody");
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(line.count("PUT", /\/sendToDevice\//)).toBeLessThanOrEqual(Math.ceil(everybody / BATCH));
    expect(line.count("PUT", /\/sendToDevice\/m\.room\.encrypted\//)).toBe(1);
    expect(line.count("POST", /\/keys\/claim/)).toBeLessThanOrEqual(1);
    expect(line.count("POST", /\/keys\/query/)).toBeLessThanOrEqual(3);
    expect(line.count("PUT", /\/send\/m\.room\.encrypted\//)).toBe(1);
    await bob.read(roomId, "Hello, everybody");

    // A server may tell of the newcomers' devices a little later than of themselves; that is answered with queries, but not for ever.
    await until("the device lists to be settled", async () => {
      const before = line.count("POST", /\/keys\/query/);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      return line.count("POST", /\/keys\/query/) === before ? true : undefined;
    });
    line.forgetCounts();
    await host.send(roomId, "Hello again");
    expect(line.count("PUT", /\/sendToDevice\//)).toBe(0);
    expect(line.count("POST", /\/keys\/(claim|query)/)).toBe(0);
    await bob.read(roomId, "Hello again");

    await bob.send(roomId, "Hello to you all");
    await host.read(roomId, "Hello to you all");
  },
};

/** Somebody with a device that can be encrypted to, and nobody at it. */
async function addExtra(homeserver: string, name: string, roomId: string): Promise<void> {
  const user = await TestUser.register(homeserver, name);
  const { userId, deviceId } = user;
  const key = new TestKey();
  const keyId = `ed25519:${deviceId}`;
  const deviceKeys = {
    user_id: userId,
    device_id: deviceId,
    algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
    keys: { [keyId]: key.publicKey, [`curve25519:${deviceId}`]: curve25519() },
  };
  await user.ok("POST", "/v3/keys/upload", {
    device_keys: key.sign(deviceKeys, userId, keyId),
    one_time_keys: { "signed_curve25519:AAAAAA": key.sign({ key: curve25519() }, userId, keyId) },
  });
  await user.join(roomId);
}

function curve25519(): string {
  const raw = Buffer.from(String(generateKeyPairSync("x25519").publicKey.export({ format: "jwk" }).x), "base64url");
  return raw.toString("base64").replaceAll("=", "");
}

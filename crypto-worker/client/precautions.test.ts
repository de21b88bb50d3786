import { describe, expect, test } from "vitest";
import { parseEventId, parseRoomId, type RoomId } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";

const world = useClientWorld();

describe("keys between our own devices", () => {
  test("are asked for by themselves, and given to a verified device, where both were told to exchange them", async () => {
    const { old, fresh, roomId } = await twoDevices();
    for (const client of [old, fresh])
      expect(client.client.precautions.change({ exchangeKeys: true })).toEqual({ onlyVerified: false, exchangeKeys: true });
    expect(fresh.texts(roomId)).toEqual([]);
    const [oldest] = fresh.timeline(roomId);
    // Further back there is more that it cannot read.
    await fresh.client.timelines.before(roomId, oldest?.position ?? 0, 50, new AbortController().signal);
    expect((await fresh.untilText(roomId, "before you came")).content.kind).toBe("message");
    expect(fresh.texts(roomId)).toEqual(old.texts(roomId));
  });

  test("are asked for by hand whatever was set, and not given by a device that was not told to", async () => {
    const { old, fresh, roomId } = await twoDevices();
    expect(old.client.precautions.view()).toEqual({ onlyVerified: false, exchangeKeys: false });
    const eventId = idOf(parseEventId, fresh.timeline(roomId).at(-1)?.eventId ?? "");
    const asked = () => world.server.requests({ path: /\/sendToDevice\/m\.room_key_request\// }).length;
    expect(asked()).toBe(0);
    fresh.client.precautions.askForKey(roomId, eventId);
    await fresh.until(() => asked() === 1, "the request");
    old.send(roomId, "meanwhile");
    await fresh.untilText(roomId, "meanwhile");
    expect(fresh.texts(roomId)).toEqual(["meanwhile"]);
    old.client.precautions.change({ exchangeKeys: true });
    fresh.client.precautions.askForKey(roomId, eventId);
    await fresh.until(() => fresh.texts(roomId).length > 1, "the key");
    expect(() => fresh.client.precautions.askForKey(roomId, idOf(parseEventId, "$nothing"))).toThrow("not-found");
  });
});

/** Alice on two devices that are both verified. The second one came when a room had more messages than a sync shows. */
async function twoDevices(): Promise<{ old: InProcessClient; fresh: InProcessClient; roomId: RoomId }> {
  const old = await world.person("alice");
  await old.until(() => old.client.account.encryptionStatus().crossSigning.thisDeviceSigned, "the identity");
  const roomId = idOf(parseRoomId, await old.client.rooms.create({ encrypted: true, invite: [], direct: false }));
  old.send(roomId, "before you came");
  for (let n = 0; n < 35; n += 1) old.send(roomId, `number ${n}`);
  await old.untilSent();
  const fresh = await world.logIn(old.userId);
  fresh.startSyncing();
  const { deviceId } = fresh.session;
  await old.until(() => old.machine.getDevice(old.userId, deviceId) !== undefined, "the new device");
  await fresh.until(() => fresh.machine.getIdentity(old.userId) !== undefined, "the identity");
  // As a verification of the two ends.
  fresh.machine.verifyIdentity(fresh.userId);
  for (const { id, method, path, body } of old.machine.verifyOwnDevice(deviceId)) {
    const authorization = `Bearer ${old.session.accessToken}`;
    const response = await fetch(`${world.server.url}${path}`, { method, headers: { authorization }, body: JSON.stringify(body) });
    expect(response.status).toBe(200);
    old.machine.markRequestAsSent(id, await response.json());
  }
  const signed = (client: InProcessClient) => client.machine.getDevice(old.userId, deviceId)?.verified === true;
  for (const client of [old, fresh]) await client.until(() => signed(client), "the signature");
  return { old, fresh, roomId };
}

function idOf<T>(parse: (text: string) => Result<T, string>, text: string): T {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error("not an id");
  return parsed.value;
}

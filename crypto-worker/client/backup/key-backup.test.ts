import { describe, expect, test } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { OlmMachine } from "../../machine/olm-machine.ts";
import { openMemoryStore } from "../../store/store.ts";
import { Changes } from "../changes.ts";

const password = { kind: "password", password: "secret of alice" } as const;

const world = useClientWorld();

const backup = (client: InProcessClient): Safety["backup"] => client.client.keeping.safety.view().backup;
const uploads = (): number => world.server.requests({ path: /room_keys\/keys$/ }).filter(({ method }) => method === "PUT").length;
const downloads = (by: InProcessClient): number =>
  world.server.requests({ path: /room_keys\/keys/, method: "GET", deviceId: by.session.deviceId }).length;

async function alice(): Promise<{ client: InProcessClient; recoveryKey: string; roomId: string }> {
  const client = await world.person("alice");
  const outcome = await client.client.keeping.recovery.enable(null, password);
  if (!("recoveryKey" in outcome)) throw new Error("authentication was asked for");
  const roomId = await client.client.rooms.create({ encrypted: true, invite: [], direct: false });
  await client.until(() => client.client.summaries().some((room) => room.roomId === roomId && room.encrypted), "the room");
  return { client, recoveryKey: outcome.recoveryKey, roomId };
}

async function second(of: InProcessClient): Promise<InProcessClient> {
  const client = await world.logIn(of.userId);
  client.startSyncing();
  await client.until(() => backup(client).state !== "unknown" && client.client.keeping.safety.view().identity === "present", "the backup");
  return client;
}

/** Two verified devices that use the same backup, with a key in it. */
async function twoDevices(): Promise<{ client: InProcessClient; other: InProcessClient; roomId: string }> {
  const { client, recoveryKey, roomId } = await alice();
  await say(client, roomId, "one");
  await complete(client);
  const other = await second(client);
  await other.client.keeping.recovery.recover({ recoveryKey });
  await client.until(() => client.client.keeping.safety.view().otherVerifiedDevices === 1, "the other device");
  return { client, other, roomId };
}

async function say(client: InProcessClient, roomId: string, ...texts: string[]): Promise<void> {
  for (const text of texts) client.send(roomId, text);
  await client.untilSent();
}

const complete = (client: InProcessClient): Promise<unknown> =>
  client.until(
    () => backup(client).total > 0 && backup(client).total === backup(client).backedUp && !backup(client).uploading,
    "the upload",
  );

/** Asks the server as alice. */
async function ask(client: InProcessClient, method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const { homeserver, accessToken } = client.session;
  const response = await fetch(`${homeserver}/_matrix/client/v3/${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** Room keys of nobody. */
function foreignKeys(count: number): unknown[] {
  const store = openMemoryStore();
  const machine = OlmMachine.open({ userId: "@eve:localhost", deviceId: "EVE", store });
  for (let i = 0; i < count; i++) {
    machine.shareRoomKey(`!room${i}:localhost`, []);
    machine.encryptRoomEvent(`!room${i}:localhost`, "m.room.message", { body: "" });
  }
  const keys = machine.exportRoomKeys();
  machine.close();
  store.close();
  return keys;
}

describe("upload", () => {
  test("goes on by itself, in batches, also after errors and without a connection", async () => {
    const { client } = await alice();
    const keys = foreignKeys(250);
    world.server.faults.add({ kind: "status", status: 500, path: /room_keys\/keys/, times: 2 });
    client.machine.importRoomKeys(keys.slice(0, 200));
    client.client.keeping.backup.observe(new Changes());
    await complete(client);
    expect(uploads()).toBe(4);
    client.setReachable(false);
    client.machine.importRoomKeys(keys.slice(200));
    expect(backup(client)).toMatchObject({ total: 250, backedUp: 200 });
    client.setReachable(true);
    await complete(client);
    expect(world.server.keyBackup(client.userId)).toMatchObject({ count: 250 });
  });

  test("stops for a backup that is gone, and goes on with the one that another device made", async () => {
    const { client, other, roomId } = await twoDevices();
    await ask(client, "DELETE", "room_keys/version/1");
    await say(client, roomId, "two");
    client.machine.importRoomKeys(foreignKeys(1));
    await client.client.keeping.backup.check();
    expect(backup(client)).toMatchObject({ state: "none", version: null, backedUp: 0 });
    await other.client.keeping.backup.check();
    const outcome = await other.client.keeping.recovery.enable(null, password);
    expect(outcome).toHaveProperty("recoveryKey");
    // Its account data announces the new backup; the signature of our identity is what makes it trusted.
    await client.until(() => backup(client).state === "enabled" && backup(client).version === "2", "the new backup");
    await complete(client);
    expect(world.server.keyBackup(client.userId)).toMatchObject({ version: "2", count: 2 });
  });

  test("notices while uploading that the version is another one", async () => {
    const { client, roomId } = await alice();
    await say(client, roomId, "one");
    await complete(client);
    const made = client.machine.backup.createInfo();
    await ask(client, "POST", "room_keys/version", { algorithm: made.algorithm, auth_data: made.auth_data });
    client.machine.importRoomKeys(foreignKeys(1));
    await say(client, roomId, "two");
    await client.until(
      () => backup(client).version === "2" && world.server.keyBackup(client.userId)?.count === 2,
      "both keys in the new backup",
    );
    expect(client.client.keeping.safety.view().recovery.missing).toEqual(["backup-key-here"]);
  });

  test("a backup that nothing vouches for gets nothing", async () => {
    const { client, roomId } = await alice();
    await say(client, roomId, "one");
    await complete(client);
    const eve = client.machine.backup.createInfo();
    await ask(client, "POST", "room_keys/version", { algorithm: eve.algorithm, auth_data: { public_key: eve.publicKey } });
    await client.client.keeping.backup.check();
    expect(backup(client)).toMatchObject({ state: "untrusted", version: "2", backedUp: 0 });
    const before = uploads();
    client.machine.importRoomKeys(foreignKeys(1));
    await say(client, roomId, "two");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(uploads()).toBe(before);
    await expect(client.client.keeping.backup.restore()).rejects.toMatchObject({ code: "backup-untrusted" });
  });

  test("a backup that the user does not want is left alone", async () => {
    const { client } = await alice();
    await ask(client, "PUT", `user/${encodeURIComponent(client.userId)}/account_data/m.key_backup`, { enabled: false });
    await client.until(() => backup(client).state === "none", "the wish");
    expect(client.machine.backup.current()).toBeUndefined();
    await ask(client, "PUT", `user/${encodeURIComponent(client.userId)}/account_data/m.key_backup`, { enabled: true });
    await client.until(() => backup(client).state === "enabled", "the other wish");
  });
});

describe("restore", () => {
  test("as a job with progress, which can be stopped", async () => {
    const { client, recoveryKey } = await alice();
    client.machine.importRoomKeys(foreignKeys(450));
    client.client.keeping.backup.observe(new Changes());
    await complete(client);
    const other = await second(client);
    const jobs: string[] = [];
    other.client.emitter.on("jobsChanged", (list) => {
      jobs.push(list.map(({ job, done, total }) => `${job} ${done}/${total}`).join());
    });
    expect(await other.client.keeping.recovery.recover({ recoveryKey })).toEqual({ importedKeys: 450 });
    await other.until(() => jobs.at(-1) === "", "the end of the job");
    expect(jobs.some((line) => /^backup-restore \d+\/(?:450|null)$/.test(line))).toBe(true);
    expect(backup(other)).toMatchObject({ total: 450, backedUp: 450 });
    expect(await other.client.keeping.backup.restore()).toBe(0);
    const stopped = other.client.keeping.backup.restore();
    other.client.keeping.jobs.cancel("backup-restore");
    expect(await stopped).toBe(0);
  });

  test("one key when it is needed, and not again and again where there is none", async () => {
    const { client, other, roomId } = await twoDevices();
    // A message whose key is kept from the other device, and is in the backup.
    await other.stopSyncing();
    client.machine.discardRoomKey(roomId);
    client.client.setBlacklisted(client.userId, other.session.deviceId, true);
    await say(client, roomId, "kept from the other");
    await complete(client);
    const before = downloads(other);
    other.startSyncing();
    await other.untilText(roomId, "kept from the other");
    expect(downloads(other)).toBe(before + 1);
    const path = `rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/1`;
    const content = { algorithm: "m.megolm.v1.aes-sha2", session_id: "A".repeat(43), ciphertext: "AAAA" };
    const { event_id: eventId } = await ask(client, "PUT", path, content);
    await other.until(() => other.timeline(roomId).some((item) => item.eventId === eventId), "the event");
    await other.until(() => downloads(other) === before + 2, "the attempt");
    other.timeline(roomId);
    other.setReachable(false);
    other.setReachable(true);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(downloads(other)).toBe(before + 2);
  });

  test("one key in vain, on a line that fails without anybody being told, not ten times a second", async () => {
    const { client, roomId } = await alice();
    const content = { algorithm: "m.megolm.v1.aes-sha2", session_id: "A".repeat(43), ciphertext: "AAAA" };
    const lost = world.server.faults.add({ kind: "drop", path: /room_keys\/keys\// });
    await ask(client, "PUT", `rooms/${encodeURIComponent(roomId)}/send/m.room.encrypted/1`, content);
    await client.until(() => lost.fired > 0, "the attempt");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(lost.fired).toBe(1);
  });
});

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { startHomeserver, type Homeserver } from "../../../tools/homeserver/homeserver.ts";

const PASSWORD = "secret of alice";
const none = { kind: "none" } as const;
const password = { kind: "password", password: PASSWORD } as const;

let server: Homeserver;
let clients: InProcessClient[] = [];

beforeEach(async () => {
  server = await startHomeserver();
});
afterEach(async () => {
  for (const client of clients) await client.close();
  clients = [];
  await server.stop();
});

async function first(): Promise<InProcessClient> {
  const client = await InProcessClient.register(server.url, "alice");
  clients.push(client);
  client.startSyncing();
  return client;
}

async function another(of: InProcessClient): Promise<InProcessClient> {
  const client = await InProcessClient.logIn(server.url, of.session.userId, PASSWORD);
  clients.push(client);
  client.startSyncing();
  await client.until(() => {
    const { identity, backup, recovery: storage } = safety(client);
    return identity === "present" && backup.state !== "unknown" && storage.state !== "unknown";
  }, "the server's word on everything");
  return client;
}

const safety = (client: InProcessClient): Safety => client.client.keeping.safety.view();
const recovery = (client: InProcessClient) => client.client.keeping.recovery;

async function enabled(client: InProcessClient, passphrase: string | null = null): Promise<string> {
  const outcome = await recovery(client).enable(passphrase, password);
  if (!("recoveryKey" in outcome)) throw new Error("authentication was asked for");
  return outcome.recoveryKey;
}

/** A room of its own with messages, so that there are keys. */
async function roomWith(client: InProcessClient, texts: readonly string[]): Promise<string> {
  const roomId = await client.client.rooms.create({ encrypted: true, invite: [], direct: false });
  await client.until(() => client.client.summaries().some((room) => room.roomId === roomId && room.encrypted), "the room");
  for (const text of texts) client.send(roomId, text);
  await client.untilSent();
  return roomId;
}

const backedUp = (client: InProcessClient): Promise<unknown> =>
  client.until(() => {
    const { backup } = safety(client);
    return backup.total > 0 && backup.total === backup.backedUp;
  }, "the upload");

describe("recovery", () => {
  test("is set up with identity and backup, and gives another device everything", async () => {
    const alice = await first();
    const roomId = await roomWith(alice, ["before"]);
    const recoveryKey = await enabled(alice);
    expect(recoveryKey).toMatch(/^(?:\w{4} ){11}\w{4}$/);
    expect(safety(alice)).toMatchObject({
      identity: "present",
      thisDeviceVerified: true,
      recovery: { state: "enabled", hasPassphrase: false, missing: [] },
      backup: { state: "enabled", version: "1" },
    });
    await backedUp(alice);
    const second = await another(alice);
    expect(safety(second)).toMatchObject({
      thisDeviceVerified: false,
      recovery: { state: "incomplete", missing: ["backup-key-here", "private-keys-here"] },
      backup: { state: "untrusted" },
    });
    expect(await recovery(second).recover({ recoveryKey: recoveryKey.replaceAll(" ", "") })).toEqual({ importedKeys: 1 });
    await second.untilText(roomId, "before");
    expect(safety(second)).toMatchObject({
      thisDeviceVerified: true,
      otherVerifiedDevices: 1,
      privateKeys: { master: true, selfSigning: true, userSigning: true },
      recovery: { state: "enabled", missing: [] },
      backup: { state: "enabled", version: "1" },
    });
  });
});

import { afterEach, beforeEach, expect, test } from "vitest";
import { InProcessClient } from "../../tests/support/in-process-client.ts";
import { startHomeserver, type Homeserver } from "../../tools/homeserver/homeserver.ts";

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

const uploads = (): number =>
  server.requests({ path: /device_signing\/upload$/ }).filter(({ body }) => Object.hasOwn(Object(body), "master_key")).length;
const settled = (client: InProcessClient): boolean =>
  signed(client) && client.store.customValues.load("identity-setup") === undefined && uploads() > 0;
const signed = (client: InProcessClient): boolean => client.client.account.encryptionStatus().crossSigning.thisDeviceSigned;

async function device(owner?: InProcessClient): Promise<InProcessClient> {
  const made =
    owner === undefined
      ? await InProcessClient.register(server.url, "alice")
      : await InProcessClient.logIn(server.url, owner.session.userId, "secret of alice");
  clients.push(made);
  return made;
}

test("an account without an identity gets one, once, and its device is signed by it", async () => {
  const alice = await device();
  alice.startSyncing();
  await alice.until(() => settled(alice), "the signature");
  expect(uploads()).toBe(1);
  expect(alice.client.account.encryptionStatus().crossSigning).toEqual({ exists: true, thisDeviceSigned: true });
});

test("another device's identity is left alone, even by a device that had begun one of its own", async () => {
  const first = await device();
  first.startSyncing();
  await first.until(() => settled(first), "the signature");
  const second = await device(first);
  second.store.transaction(() => second.store.customValues.save("identity-setup", Uint8Array.of(1)));
  second.startSyncing();
  await second.until(() => second.store.customValues.load("identity-setup") === undefined, "the unfinished beginning to be given up");
  expect(uploads()).toBe(1);
  expect(signed(second)).toBe(false);
});

test("an upload whose answer was lost is finished with the same keys", async () => {
  server.faults.add({ kind: "lostResponse", path: /device_signing\/upload$/, times: 3 });
  const alice = await device();
  await alice.until(() => settled(alice), "the identity", 20_000);
  const masters = new Set(
    server
      .requests({ path: /device_signing\/upload$/ })
      .filter(({ body }) => Object.hasOwn(Object(body), "master_key"))
      .map(({ body }) => JSON.stringify(Object(body).master_key.keys)),
  );
  expect(masters.size).toBe(1);
});

test("where the server wants a password nothing is published behind the person's back", async () => {
  server.switches.uiaForFirstCrossSigningKeys = true;
  const alice = await device();
  alice.startSyncing();
  await alice.until(() => server.requests({ path: /device_signing\/upload$/ }).length > 0, "the question");
  await alice.until(() => alice.client.account.encryptionStatus().deviceKeysUploaded, "the device keys");
  expect(uploads()).toBe(0);
  expect(alice.client.account.encryptionStatus().crossSigning.exists).toBe(false);
});

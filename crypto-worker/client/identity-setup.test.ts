import { expect, test } from "vitest";
import { useClientWorld } from "../../tests/support/client-world.ts";
import { InProcessClient } from "../../tests/support/in-process-client.ts";

const world = useClientWorld();

const uploads = (): number =>
  world.server.requests({ path: /device_signing\/upload$/ }).filter(({ body }) => Object.hasOwn(Object(body), "master_key")).length;
const settled = (client: InProcessClient): boolean =>
  signed(client) && client.store.customValues.load("identity-setup") === undefined && uploads() > 0;
const signed = (client: InProcessClient): boolean => client.client.account.encryptionStatus().crossSigning.thisDeviceSigned;

test("an account without an identity gets one, once, and its device is signed by it", async () => {
  const alice = await world.register("alice");
  alice.startSyncing();
  await alice.until(() => settled(alice), "the signature");
  expect(uploads()).toBe(1);
  expect(alice.client.account.encryptionStatus().crossSigning).toEqual({ exists: true, thisDeviceSigned: true });
});

test("another device's identity is left alone, even by a device that had begun one of its own", async () => {
  const first = await world.register("alice");
  first.startSyncing();
  await first.until(() => settled(first), "the signature");
  const second = await world.logIn(first.userId);
  second.store.transaction(() => second.store.customValues.save("identity-setup", Uint8Array.of(1)));
  second.startSyncing();
  await second.until(() => second.store.customValues.load("identity-setup") === undefined, "the unfinished beginning to be given up");
  expect(uploads()).toBe(1);
  expect(signed(second)).toBe(false);
});

test("an upload whose answer was lost is finished with the same keys", async () => {
  world.server.faults.add({ kind: "lostResponse", path: /device_signing\/upload$/, times: 3 });
  const alice = await world.register("alice");
  await alice.until(() => settled(alice), "the identity", 20_000);
  const masters = new Set(
    world.server
      .requests({ path: /device_signing\/upload$/ })
      .filter(({ body }) => Object.hasOwn(Object(body), "master_key"))
      .map(({ body }) => JSON.stringify(Object(body).master_key.keys)),
  );
  expect(masters.size).toBe(1);
});

test("where the server wants a password nothing is published behind the person's back", async () => {
  world.server.switches.uiaForFirstCrossSigningKeys = true;
  const alice = await world.register("alice");
  alice.startSyncing();
  await alice.until(() => world.server.requests({ path: /device_signing\/upload$/ }).length > 0, "the question");
  await alice.until(() => alice.client.account.encryptionStatus().deviceKeysUploaded, "the device keys");
  expect(uploads()).toBe(0);
  expect(alice.client.account.encryptionStatus().crossSigning.exists).toBe(false);
});

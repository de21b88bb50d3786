import { describe, expect, test } from "vitest";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useClientWorld } from "../../../tests/support/client-world.ts";
import { InProcessClient } from "../../../tests/support/in-process-client.ts";
import { parseDefaultKeyId, parseEncryptedSecret } from "../../wire/secret-storage.ts";
import { SECRET_NAMES } from "./secret-storage.ts";

const PASSWORD = "secret of alice";
const PHRASE = "a phrase to remember";
const none = { kind: "none" } as const;
const password = { kind: "password", password: PASSWORD } as const;

const world = useClientWorld();

async function another(of: InProcessClient): Promise<InProcessClient> {
  const client = await world.logIn(of.userId);
  client.startSyncing();
  await client.until(() => {
    const { identity, backup, recovery: storage } = safety(client);
    return identity === "present" && backup.state !== "unknown" && storage.state !== "unknown";
  }, "the server's word on everything");
  return client;
}

/** An account on which everything is set up, with one room key. */
async function settled(passphrase: string | null = null): Promise<{ alice: InProcessClient; roomId: string; recoveryKey: string }> {
  const alice = await world.person("alice");
  const roomId = await roomWith(alice, ["before"]);
  const recoveryKey = await enabled(alice, passphrase);
  await backedUp(alice);
  return { alice, roomId, recoveryKey };
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
    return backup.total > 0 && backup.total === backup.backedUp && !backup.uploading;
  }, "the upload");

async function accountData(client: InProcessClient, type: string): Promise<Record<string, unknown>> {
  const { homeserver, userId, accessToken } = client.session;
  const path = `/_matrix/client/v3/user/${encodeURIComponent(userId)}/account_data/${type}`;
  const response = await fetch(homeserver + path, { headers: { authorization: `Bearer ${accessToken}` } });
  return response.ok ? ((await response.json()) as Record<string, unknown>) : {};
}

/** Ids of the keys under which each secret is on the server. */
async function keysOfSecrets(client: InProcessClient): Promise<string[][]> {
  return Promise.all(
    SECRET_NAMES.map(async (name) => Object.keys(((await accountData(client, name))["encrypted"] ?? {}) as Record<string, unknown>)),
  );
}

const defaultKey = async (client: InProcessClient): Promise<string | undefined> =>
  parseDefaultKeyId(await accountData(client, "m.secret_storage.default_key"));

describe("recovery", () => {
  test("is set up with identity and backup, and gives another device everything", async () => {
    const { alice, roomId, recoveryKey } = await settled();
    expect(recoveryKey).toMatch(/^(?:\w{4} ){11}\w{4}$/);
    expect(safety(alice)).toMatchObject({
      identity: "present",
      thisDeviceVerified: true,
      recovery: { state: "enabled", hasPassphrase: false, missing: [] },
      backup: { state: "enabled", version: "1" },
    });
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
    await alice.until(() => safety(alice).unverifiedDevices === 0 && safety(alice).otherVerifiedDevices === 1, "the second device");
  });

  test("opens with the passphrase too; what is wrong imports nothing and can be tried again", async () => {
    const { alice, recoveryKey } = await settled(PHRASE);
    expect(safety(alice).recovery.hasPassphrase).toBe(true);
    const second = await another(alice);
    const before = safety(second);
    const swapped = recoveryKey.replace(/^(.{5})(.)(.)/, "$1$3$2");
    for (const wrong of [{ passphrase: "another phrase" }, { recoveryKey: "not a key" }, { recoveryKey: `${swapped} ` }]) {
      if ("recoveryKey" in wrong && wrong.recoveryKey.trim() === recoveryKey) continue;
      await expect(recovery(second).recover(wrong)).rejects.toMatchObject({ code: "wrong-recovery-key" });
    }
    expect(safety(second)).toEqual(before);
    expect(await recovery(second).recover({ passphrase: PHRASE })).toEqual({ importedKeys: 1 });
    expect(safety(second).recovery).toEqual({ state: "enabled", hasPassphrase: true, missing: [] });
  });

  test("another key and none that is weak", async () => {
    const { alice, recoveryKey } = await settled();
    await expect(recovery(alice).change("aaaaaaaaaa")).rejects.toMatchObject({ code: "weak-passphrase" });
    const { recoveryKey: next } = await recovery(alice).change(PHRASE);
    const id = await defaultKey(alice);
    expect(await keysOfSecrets(alice)).toEqual(SECRET_NAMES.map(() => [id]));
    const second = await another(alice);
    await expect(recovery(second).recover({ recoveryKey })).rejects.toMatchObject({ code: "wrong-recovery-key" });
    expect(await recovery(second).recover({ recoveryKey: next })).toEqual({ importedKeys: 1 });
    expect(safety(alice).recovery).toEqual({ state: "enabled", hasPassphrase: true, missing: [] });
  });

  test("needs its secrets to be here before it gets another key, and to be set up before it opens", async () => {
    const alice = await world.person("alice");
    await alice.until(() => safety(alice).thisDeviceVerified, "the identity");
    await expect(recovery(alice).change(null)).rejects.toMatchObject({ code: "recovery-disabled" });
    await expect(recovery(alice).recover({ passphrase: PHRASE })).rejects.toMatchObject({ code: "recovery-disabled" });
    await enabled(alice);
    const second = await another(alice);
    await expect(recovery(second).change(null)).rejects.toMatchObject({ code: "identity-exists" });
    await expect(recovery(second).enable(null, password)).rejects.toMatchObject({ code: "identity-exists" });
  });

  test("is taken back, with the backup, and can be set up again", async () => {
    const { alice } = await settled();
    await recovery(alice).disable();
    expect(await defaultKey(alice)).toBeUndefined();
    expect(await keysOfSecrets(alice)).toEqual(SECRET_NAMES.map(() => []));
    expect(world.server.keyBackup(alice.userId)).toBeUndefined();
    expect(safety(alice)).toMatchObject({ recovery: { state: "disabled" }, backup: { state: "none", version: null, backedUp: 0 } });
    expect(await accountData(alice, "m.key_backup")).toEqual({ enabled: false });
    await enabled(alice);
    expect(await accountData(alice, "m.key_backup")).toEqual({ enabled: true });
    await backedUp(alice);
    expect(safety(alice)).toMatchObject({ recovery: { state: "enabled" }, backup: { state: "enabled", version: "2" } });
  });

  test("secrets that are not those of the identity are not taken", async () => {
    const { alice, recoveryKey } = await settled();
    const second = await another(alice);
    await recovery(second).resetIdentity(password);
    // As a server could: what held the old identity is put back.
    const { homeserver, userId, accessToken } = second.session;
    const path = `${homeserver}/_matrix/client/v3/user/${encodeURIComponent(userId)}/account_data/m.secret_storage.default_key`;
    const key = (await keysOfSecrets(alice))[0]?.[0];
    await fetch(path, { method: "PUT", headers: { authorization: `Bearer ${accessToken}` }, body: JSON.stringify({ key }) });
    const third = await another(alice);
    await expect(recovery(third).recover({ recoveryKey })).rejects.toMatchObject({ code: "secrets-mismatch" });
    expect(safety(third).privateKeys).toEqual({ master: false, selfSigning: false, userSigning: false });
    expect(safety(third).thisDeviceVerified).toBe(false);
  });

  test("what is missing in secret storage is put there by whoever opens it", async () => {
    const { alice, recoveryKey } = await settled();
    const { homeserver, userId, accessToken } = alice.session;
    for (const name of ["m.cross_signing.user_signing", "m.megolm_backup.v1"]) {
      const path = `${homeserver}/_matrix/client/v3/user/${encodeURIComponent(userId)}/account_data/${name}`;
      await fetch(path, { method: "PUT", headers: { authorization: `Bearer ${accessToken}` }, body: "{}" });
    }
    await alice.until(() => safety(alice).recovery.missing.length === 2, "the loss to be seen");
    expect(safety(alice).recovery).toMatchObject({ state: "incomplete", missing: ["user-signing", "backup"] });
    await recovery(alice).recover({ recoveryKey });
    expect(safety(alice).recovery).toMatchObject({ state: "enabled", missing: [] });
    const second = await another(alice);
    await recovery(second).recover({ recoveryKey });
    expect(safety(second).recovery).toMatchObject({ state: "enabled", missing: [] });
  });
});

describe("interrupted", () => {
  // Signatures are not among them: they are kept, and sent until the server has them.
  const CONCERNED = /room_keys\/version|account_data|device_signing/;

  test.each(["drop", "lostResponse"] as const)("at any request (%s), setting up is completed by the next attempt", async (kind) => {
    world.server.switches.uiaForFirstCrossSigningKeys = true;
    const alice = await world.person("alice");
    const roomId = await roomWith(alice, ["before"]);
    let attempts = 0;
    let recoveryKey: string | undefined;
    for (; recoveryKey === undefined; attempts += 1) {
      if (attempts > 60) throw new Error("it is never completed");
      // One request more gets through each time; so every one of them is the last one once.
      const fault = world.server.faults.add({ kind, path: CONCERNED, userId: alice.userId, after: attempts, times: 1 });
      try {
        recoveryKey = await enabled(alice);
        if (fault.fired > 0 && attempts < 8) throw new Error("a request that did not matter");
      } catch (error) {
        expect(error).toMatchObject({ code: "offline" });
      }
      fault.remove();
    }
    expect(attempts).toBeGreaterThan(8);
    expect(safety(alice)).toMatchObject({ thisDeviceVerified: true, recovery: { state: "enabled", missing: [] } });
    await backedUp(alice);
    const second = await another(alice);
    expect(await recovery(second).recover({ recoveryKey })).toEqual({ importedKeys: 1 });
    await second.untilText(roomId, "before");
  });

  test("a change leaves a key that opens, wherever it stops", async () => {
    const { alice, recoveryKey: old } = await settled();
    let valid = old;
    for (let requests = 0; ; requests += 1) {
      if (requests > 60) throw new Error("it is never completed");
      const fault = world.server.faults.add({
        kind: "drop",
        method: "PUT",
        path: /account_data/,
        userId: alice.userId,
        after: requests,
        times: 1,
      });
      const changed = await recovery(alice)
        .change(null)
        .catch((error: unknown) => {
          expect(error).toMatchObject({ code: "offline" });
          return undefined;
        });
      const wasInterrupted = fault.fired > 0;
      fault.remove();
      if (changed !== undefined) valid = changed.recoveryKey;
      await recovery(alice).recover({ recoveryKey: valid });
      const id = await defaultKey(alice);
      for (const name of SECRET_NAMES) expect(parseEncryptedSecret(await accountData(alice, name), id ?? "").ok).toBe(true);
      if (!wasInterrupted) break;
    }
    await expect(recovery(alice).recover({ recoveryKey: old })).rejects.toMatchObject({ code: "wrong-recovery-key" });
    const id = await defaultKey(alice);
    expect(await keysOfSecrets(alice)).toEqual(SECRET_NAMES.map(() => [id]));
  });
});

describe("another identity", () => {
  test("nothing happens until the server is satisfied", async () => {
    const { alice } = await settled();
    const before = safety(alice);
    const key = alice.machine.getIdentity(alice.userId)?.masterKey;
    expect(await recovery(alice).resetIdentity(none)).toMatchObject({ state: "auth-needed", password: true, refused: false });
    expect(await recovery(alice).resetIdentity({ kind: "password", password: "wrong" })).toMatchObject({ refused: true });
    expect(alice.machine.getIdentity(alice.userId)).toMatchObject({ masterKey: key, verified: true });
    expect(safety(alice)).toEqual(before);
  });

  test("takes secret storage back and keeps the backup, which the new identity signs", async () => {
    const { alice, roomId } = await settled();
    const key = alice.machine.getIdentity(alice.userId)?.masterKey;
    expect(await recovery(alice).resetIdentity(password)).toBeUndefined();
    expect(alice.machine.getIdentity(alice.userId)).toMatchObject({ verified: true, pinViolation: false });
    expect(alice.machine.getIdentity(alice.userId)?.masterKey).not.toBe(key);
    expect(safety(alice)).toMatchObject({
      thisDeviceVerified: true,
      privateKeys: { master: true, selfSigning: true, userSigning: true },
      recovery: { state: "disabled" },
      backup: { state: "enabled", version: "1" },
    });
    const recoveryKey = await enabled(alice);
    const second = await another(alice);
    expect(await recovery(second).recover({ recoveryKey })).toEqual({ importedKeys: 1 });
    await second.untilText(roomId, "before");
  });

  test("of a device that cannot read the backup makes another one, and leaves the old one on the server", async () => {
    const { alice } = await settled();
    const second = await another(alice);
    await recovery(second).resetIdentity(password);
    expect(safety(second)).toMatchObject({ recovery: { state: "disabled" }, backup: { state: "enabled", version: "2" } });
    await alice.until(() => !safety(alice).privateKeys.master && safety(alice).backup.state !== "enabled", "the loss of the identity");
    expect(world.server.requests({ path: /room_keys\/version/ }).some(({ method }) => method === "DELETE")).toBe(false);
  });

  test("is taken over after a lost answer", async () => {
    const { alice } = await settled();
    world.server.faults.add({ kind: "lostResponse", path: /device_signing\/upload$/, after: 1, times: 1 });
    await expect(recovery(alice).resetIdentity(password)).rejects.toMatchObject({ code: "offline" });
    expect(await recovery(alice).resetIdentity(none)).toBeUndefined();
    expect(safety(alice)).toMatchObject({ thisDeviceVerified: true, recovery: { state: "disabled" }, backup: { state: "enabled" } });
  });

  test("that was accepted just before the end of the process is there after the next start", async () => {
    const before = await world.person("alice", { store: world.newStore() });
    await enabled(before);
    world.server.faults.add({ kind: "lostResponse", path: /device_signing\/upload$/, after: 1, times: 1 });
    await expect(recovery(before).resetIdentity(password)).rejects.toMatchObject({ code: "offline" });
    const alice = await world.resume(before);
    alice.startSyncing();
    await alice.until(() => safety(alice).recovery.state === "disabled" && safety(alice).thisDeviceVerified, "the end of the reset");
    await alice.until(() => alice.store.customValues.load("identity-reset") === undefined, "the end of the note");
  });

  test("an identity is set up where the server wants a password for the first one too", async () => {
    world.server.switches.uiaForFirstCrossSigningKeys = true;
    const alice = await world.person("alice");
    await alice.until(() => safety(alice).identity === "none", "the server's word");
    expect(await recovery(alice).setUpIdentity(none)).toMatchObject({ state: "auth-needed", password: true });
    expect(safety(alice)).toMatchObject({ identity: "none", thisDeviceVerified: false });
    expect(await recovery(alice).setUpIdentity(password)).toBeUndefined();
    expect(safety(alice)).toMatchObject({ identity: "present", thisDeviceVerified: true });
    expect(await recovery(alice).setUpIdentity(none)).toBeUndefined();
    const second = await another(alice);
    await expect(recovery(second).setUpIdentity(password)).rejects.toMatchObject({ code: "identity-exists" });
  });
});

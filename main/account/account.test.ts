import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Session } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { FakeWorker } from "../../tests/support/fake-worker.ts";
import { type Homeserver, startHomeserver } from "../../tools/homeserver/homeserver.ts";
import { Log } from "../logging/log.ts";
import { systemClock } from "../matrix/clock.ts";
import { login } from "../matrix/login.ts";
import { fetchTransport } from "../matrix/transport.ts";
import type { Keychain } from "../profile/keychain.ts";
import { profileSchema } from "../profile/profile.ts";
import { ProfileFolder } from "../profile/profile-folder.ts";
import { Account } from "./account.ts";

const keychain: Keychain = {
  seal: (key) => Buffer.from(key).toString("base64"),
  open: (sealed) => new Uint8Array(Buffer.from(sealed, "base64")),
};

let server: Homeserver;
let path: string;
const accounts: Account[] = [];

beforeEach(async () => {
  server = await startHomeserver();
  server.registerUser("ada", "pw");
  path = mkdtempSync(join(tmpdir(), "bulkhead-account-"));
});
afterEach(async () => {
  await Promise.all(accounts.splice(0).map((account) => account.close()));
  await server.stop();
  rmSync(path, { recursive: true });
});

function start(worker = new FakeWorker(), chain: Keychain | undefined = keychain) {
  const account = new Account({
    folder: new ProfileFolder(path),
    keychain: chain,
    spawner: worker.spawner,
    transport: fetchTransport,
    clock: systemClock,
    log: new Log("test", []),
  });
  accounts.push(account);
  account.start();
  return { account, worker };
}

const signIn = (account: Account): Promise<{ userId: string; deviceId: string }> =>
  account.signIn(() =>
    login(fetchTransport, { server: server.url, credentials: { kind: "password", user: "ada", password: "pw" }, deviceName: "test" }),
  );

const phase = (account: Account, wanted: string): Promise<void> =>
  vi.waitFor(() => expect(account.state.value.phase).toBe(wanted), { timeout: 5000 });

describe("Account", () => {
  test("signs in: the profile is there before the store, and the token is not in it", async () => {
    const { account, worker } = start();
    const { userId, deviceId } = await signIn(account);
    expect(account.state.value).toEqual({ phase: "ready", userId, deviceId, appLock: false });
    expect(worker.profileAtCreation).toMatchObject({ stage: "creating", deviceId });
    const text = readFileSync(join(path, "profile.json"), "utf8");
    expect(profileSchema.parse(JSON.parse(text))).toMatchObject({ stage: "created", userId, deviceId });
    const stored = readdirSync(path).find((name) => name.endsWith(".db")) ?? "";
    const session = JSON.parse(readFileSync(join(path, stored), "utf8")) as Session;
    expect(text).not.toContain(session.accessToken);
    await vi.waitFor(() => expect(worker.received.length).toBeGreaterThan(0));
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
  });

  test("a wrong password leaves nothing behind", async () => {
    const { account } = start();
    await expect(
      account.signIn(() =>
        login(fetchTransport, { server: server.url, credentials: { kind: "password", user: "ada", password: "no" }, deviceName: "t" }),
      ),
    ).rejects.toMatchObject({ code: "wrong-credentials" });
    expect(account.state.value.phase).toBe("signed-out");
    expect(readdirSync(path)).toEqual([]);
  });

  test("opens the same device after a restart", async () => {
    const first = start();
    const { deviceId } = await signIn(first.account);
    await first.account.close();
    const { account } = start();
    await phase(account, "ready");
    expect(account.state.value).toMatchObject({ deviceId });
  });

  test("a worker that dies is restarted and the account opened again", async () => {
    const { account, worker } = start();
    await signIn(account);
    const restarting = vi.fn<() => void>();
    account.connection.watch((connection) => connection.workerRestarting && restarting());
    worker.crash();
    await vi.waitFor(() => expect(worker.alive).toBe(2));
    await vi.waitFor(() => expect(account.connection.value).toMatchObject({ state: "online", workerRestarting: false }));
    expect(restarting).toHaveBeenCalled();
    expect(account.state.value.phase).toBe("ready");
  });

  test("an account that cannot be opened stays as it is, and can be tried again", async () => {
    const first = start();
    await signIn(first.account);
    await first.account.close();
    const before = readdirSync(path);
    const worker = new FakeWorker();
    worker.failOpen = new CodedError("store-corrupt");
    const { account } = start(worker);
    await phase(account, "failed");
    expect(account.state.value).toMatchObject({ code: "store-corrupt" });
    expect(readdirSync(path)).toEqual(before);
    worker.failOpen = undefined;
    await account.retryOpen();
    expect(account.state.value.phase).toBe("ready");
  });

  test("a full disk is told, and once there is room again the account goes on", async () => {
    const worker = new FakeWorker();
    worker.failSync = new CodedError("store-disk-full");
    const { account } = start(worker);
    await signIn(account);
    await phase(account, "failed");
    expect(account.state.value).toMatchObject({ code: "store-disk-full" });
    worker.failSync = undefined;
    await account.retryOpen();
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    expect(account.state.value.phase).toBe("ready");
  });

  test("without the keychain that sealed the key: an error, not a new account", async () => {
    const first = start();
    await signIn(first.account);
    await first.account.close();
    const { account } = start(new FakeWorker(), { ...keychain, open: () => undefined });
    await phase(account, "failed");
    expect(account.state.value).toMatchObject({ code: "keychain-unavailable" });
  });

  test("a profile that cannot be read is a failure; setting it aside moves it and signs out", async () => {
    writeFileSync(join(path, "profile.json"), "{");
    const { account } = start();
    expect(account.state.value).toMatchObject({ phase: "failed", code: "store-corrupt" });
    const aside = await account.setAside();
    expect(readFileSync(join(aside, "profile.json"), "utf8")).toBe("{");
    expect(account.state.value.phase).toBe("signed-out");
  });

  test("a sign-in that was killed before there was a store is as if it had not been", async () => {
    const first = start();
    await signIn(first.account);
    await first.account.close();
    const profile = profileSchema.parse(JSON.parse(readFileSync(join(path, "profile.json"), "utf8")));
    writeFileSync(join(path, "profile.json"), JSON.stringify({ ...profile, stage: "creating" }));
    rmSync(join(path, profile.store));
    const { account } = start();
    await phase(account, "signed-out");
    expect(existsSync(join(path, "profile.json"))).toBe(false);
    await signIn(account);
    expect(account.state.value.phase).toBe("ready");
  });

  test("a sign-in that was killed after the store was made goes on where it was", async () => {
    const first = start();
    const { deviceId } = await signIn(first.account);
    await first.account.close();
    const file = join(path, "profile.json");
    const profile = profileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    writeFileSync(file, JSON.stringify({ ...profile, stage: "creating" }));
    const { account } = start();
    await phase(account, "ready");
    expect(account.state.value).toMatchObject({ deviceId });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ stage: "created" });
  });

  test("logging out ends the device on the server and deletes the files", async () => {
    const { account } = start();
    const { userId, deviceId } = await signIn(account);
    await account.logout(false);
    expect(account.state.value.phase).toBe("signed-out");
    expect(readdirSync(path)).toEqual([]);
    expect(server.devices(userId).some((device) => device.deviceId === deviceId)).toBe(false);
    await signIn(account);
    expect(account.state.value.phase).toBe("ready");
  });

  test("logging out without the server is refused unless forced", async () => {
    const { account } = start();
    await signIn(account);
    await server.stop();
    await expect(account.logout(false)).rejects.toMatchObject({ code: "offline" });
    expect(account.state.value.phase).toBe("ready");
    await account.logout(true);
    expect(readdirSync(path)).toEqual([]);
  });

  test("a soft logout keeps everything; the same device signs in again", async () => {
    const { account, worker } = start();
    const { userId, deviceId } = await signIn(account);
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    server.faults.add({ kind: "status", status: 401, errcode: "M_UNKNOWN_TOKEN", path: "/_matrix/client/v3/refresh" });
    server.softLogOut(userId);
    account.wake();
    await phase(account, "soft-logged-out");
    expect(worker.ended).toEqual([true]);
    await expect(account.reauthenticate("wrong")).rejects.toMatchObject({ code: "wrong-credentials" });
    await account.reauthenticate("pw");
    expect(account.state.value).toEqual({ phase: "ready", userId, deviceId, appLock: false });
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
  });

  test("an expired token is refreshed without anyone noticing, and the new one is stored", async () => {
    const { account } = start();
    const { userId } = await signIn(account);
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    const stored = join(path, readdirSync(path).find((name) => name.endsWith(".db")) ?? "");
    const before = (JSON.parse(readFileSync(stored, "utf8")) as Session).accessToken;
    server.softLogOut(userId);
    account.wake();
    await vi.waitFor(() => expect((JSON.parse(readFileSync(stored, "utf8")) as Session).accessToken).not.toBe(before));
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    expect(account.state.value.phase).toBe("ready");
  });

  test("a device that was removed elsewhere is told as such", async () => {
    const { account, worker } = start();
    const { userId, deviceId } = await signIn(account);
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    server.removeDevice(userId, deviceId);
    account.wake();
    await phase(account, "logged-out-by-server");
    expect(worker.ended).toEqual([false]);
  });
});

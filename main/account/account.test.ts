import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Session } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { AccountWorld, openKeychain } from "../../tests/support/account-world.ts";
import { FakeWorker } from "../../tests/support/fake-worker.ts";
import { profileSchema } from "../profile/profile.ts";
import type { Account } from "./account.ts";

let world: AccountWorld;

beforeEach(async () => {
  world = await AccountWorld.make();
});
afterEach(() => world.close());

const phase = (account: Account, wanted: string): Promise<void> =>
  vi.waitFor(() => expect(account.state.value.phase).toBe(wanted), { timeout: 5000 });

describe("Account", () => {
  test("signs in: the profile is there before the store, and the token is not in it", async () => {
    const { account, worker } = world.start();
    const { userId, deviceId } = await world.signIn(account);
    expect(account.state.value).toEqual({ phase: "ready", userId, deviceId, appLock: false });
    expect(worker.profileAtCreation).toMatchObject({ stage: "creating", deviceId });
    const text = readFileSync(join(world.path, "profile.json"), "utf8");
    expect(profileSchema.parse(JSON.parse(text))).toMatchObject({ stage: "created", userId, deviceId });
    const stored = readdirSync(world.path).find((name) => name.endsWith(".db")) ?? "";
    const session = JSON.parse(readFileSync(join(world.path, stored), "utf8")) as Session;
    expect(text).not.toContain(session.accessToken);
    await vi.waitFor(() => expect(worker.received.length).toBeGreaterThan(0));
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
  });

  test("a wrong password leaves nothing behind", async () => {
    const { account } = world.start();
    await expect(world.signIn(account, "no")).rejects.toMatchObject({ code: "wrong-credentials" });
    expect(account.state.value.phase).toBe("signed-out");
    expect(readdirSync(world.path)).toEqual([]);
  });

  test("opens the same device after a restart", async () => {
    const first = world.start();
    const { deviceId } = await world.signIn(first.account);
    await first.account.close();
    const { account } = world.start();
    await phase(account, "ready");
    expect(account.state.value).toMatchObject({ deviceId });
  });

  test("a worker that dies is restarted and the account opened again", async () => {
    const { account, worker } = world.start();
    await world.signIn(account);
    const restarting = vi.fn<() => void>();
    account.connection.watch((connection) => connection.workerRestarting && restarting());
    worker.crash();
    await vi.waitFor(() => expect(worker.alive).toBe(2));
    await vi.waitFor(() => expect(account.connection.value).toMatchObject({ state: "online", workerRestarting: false }));
    expect(restarting).toHaveBeenCalled();
    expect(account.state.value.phase).toBe("ready");
  });

  test("an account that cannot be opened stays as it is, and can be tried again", async () => {
    const first = world.start();
    await world.signIn(first.account);
    await first.account.close();
    const before = readdirSync(world.path);
    const worker = new FakeWorker();
    worker.failOpen = new CodedError("store-corrupt");
    const { account } = world.start(worker);
    await phase(account, "failed");
    expect(account.state.value).toMatchObject({ code: "store-corrupt" });
    expect(readdirSync(world.path)).toEqual(before);
    worker.failOpen = undefined;
    await account.retryOpen();
    expect(account.state.value.phase).toBe("ready");
  });

  test("a full disk is told, and once there is room again the account goes on", async () => {
    const worker = new FakeWorker();
    worker.failSync = new CodedError("store-disk-full");
    const { account } = world.start(worker);
    await world.signIn(account);
    await phase(account, "failed");
    expect(account.state.value).toMatchObject({ code: "store-disk-full" });
    worker.failSync = undefined;
    await account.retryOpen();
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    expect(account.state.value.phase).toBe("ready");
  });

  test("without the keychain that sealed the key: an error, not a new account", async () => {
    const first = world.start();
    await world.signIn(first.account);
    await first.account.close();
    const { account } = world.start(new FakeWorker(), { ...openKeychain, open: () => undefined });
    await phase(account, "failed");
    expect(account.state.value).toMatchObject({ code: "keychain-unavailable" });
  });

  test("a profile that cannot be read is a failure; setting it aside moves it and signs out", async () => {
    writeFileSync(join(world.path, "profile.json"), "{");
    const { account } = world.start();
    expect(account.state.value).toMatchObject({ phase: "failed", code: "store-corrupt" });
    const aside = await account.setAside();
    expect(readFileSync(join(aside, "profile.json"), "utf8")).toBe("{");
    expect(account.state.value.phase).toBe("signed-out");
  });

  test("a sign-in that was killed before there was a store is as if it had not been", async () => {
    const first = world.start();
    await world.signIn(first.account);
    await first.account.close();
    const profile = profileSchema.parse(JSON.parse(readFileSync(join(world.path, "profile.json"), "utf8")));
    writeFileSync(join(world.path, "profile.json"), JSON.stringify({ ...profile, stage: "creating" }));
    rmSync(join(world.path, profile.store));
    const { account } = world.start();
    await phase(account, "signed-out");
    expect(existsSync(join(world.path, "profile.json"))).toBe(false);
    await world.signIn(account);
    expect(account.state.value.phase).toBe("ready");
  });

  test("a sign-in that was killed after the store was made goes on where it was", async () => {
    const first = world.start();
    const { deviceId } = await world.signIn(first.account);
    await first.account.close();
    const file = join(world.path, "profile.json");
    const profile = profileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    writeFileSync(file, JSON.stringify({ ...profile, stage: "creating" }));
    const { account } = world.start();
    await phase(account, "ready");
    expect(account.state.value).toMatchObject({ deviceId });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ stage: "created" });
  });

  test("logging out ends the device on the server and deletes the files", async () => {
    const { account } = world.start();
    const { userId, deviceId } = await world.signIn(account);
    await account.logout(false);
    expect(account.state.value.phase).toBe("signed-out");
    expect(readdirSync(world.path)).toEqual([]);
    expect(world.server.devices(userId).some((device) => device.deviceId === deviceId)).toBe(false);
    await world.signIn(account);
    expect(account.state.value.phase).toBe("ready");
  });

  test("logging out without the server is refused unless forced", async () => {
    const { account } = world.start();
    await world.signIn(account);
    await world.server.stop();
    await expect(account.logout(false)).rejects.toMatchObject({ code: "offline" });
    expect(account.state.value.phase).toBe("ready");
    await account.logout(true);
    expect(readdirSync(world.path)).toEqual([]);
  });

  test("a soft logout keeps everything; the same device signs in again", async () => {
    const { account, worker } = world.start();
    const { userId, deviceId } = await world.signIn(account);
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    world.server.faults.add({ kind: "status", status: 401, errcode: "M_UNKNOWN_TOKEN", path: "/_matrix/client/v3/refresh" });
    world.server.softLogOut(userId);
    account.wake();
    await phase(account, "soft-logged-out");
    expect(worker.ended).toEqual([true]);
    const by = (user: string, password: string) => account.reauthenticate(async () => ({ kind: "password", user, password }));
    await expect(by(userId, "wrong")).rejects.toMatchObject({ code: "wrong-credentials" });
    // As somebody else, which a browser may do: nothing changes here, and no device of theirs stays behind.
    world.server.registerUser("eve", "pw");
    await expect(by("@eve:harbour.test", "pw")).rejects.toMatchObject({ code: "wrong-credentials" });
    expect(world.server.devices("@eve:harbour.test")).toEqual([]);
    expect(account.state.value.phase).toBe("soft-logged-out");
    await by(userId, "pw");
    expect(account.state.value).toEqual({ phase: "ready", userId, deviceId, appLock: false });
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
  });

  test("an expired token is refreshed without anyone noticing, and the new one is stored", async () => {
    const { account } = world.start();
    const { userId } = await world.signIn(account);
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    const stored = join(world.path, readdirSync(world.path).find((name) => name.endsWith(".db")) ?? "");
    const before = (JSON.parse(readFileSync(stored, "utf8")) as Session).accessToken;
    world.server.softLogOut(userId);
    account.wake();
    await vi.waitFor(() => expect((JSON.parse(readFileSync(stored, "utf8")) as Session).accessToken).not.toBe(before));
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    expect(account.state.value.phase).toBe("ready");
  });

  test("a device that was removed elsewhere is told as such", async () => {
    const { account, worker } = world.start();
    const { userId, deviceId } = await world.signIn(account);
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
    world.server.removeDevice(userId, deviceId);
    account.wake();
    await phase(account, "logged-out-by-server");
    expect(worker.ended).toEqual([false]);
  });
});

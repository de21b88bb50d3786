import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CodedError } from "../../protocol/errors.ts";
import { AccountWorld, openKeychain } from "../../tests/support/account-world.ts";
import { FakeWorker } from "../../tests/support/fake-worker.ts";
import type { Keychain } from "../profile/keychain.ts";
import { type KeyWrap, profileSchema } from "../profile/profile.ts";

const never = new AbortController().signal;
let world: AccountWorld;

beforeEach(async () => {
  world = await AccountWorld.make();
});
afterEach(() => world.close());

describe("the app lock", () => {
  test("is set, changed and removed; the profile has the new wrapping once the call is answered", async () => {
    const { account, worker } = await world.signedIn();
    expect(account.state.value).toMatchObject({ appLock: false });
    expect(account.lockable).toBe(false);
    expect(storedKey()).toEqual({ wrap: "keychain", sealed: Buffer.alloc(32, 7).toString("base64") });

    const set = account.changeAppLock("passphrase", never);
    await vi.waitFor(() => expect(worker.person).toBeDefined());
    expect(storedKey().wrap).toBe("keychain");
    worker.person?.(undefined);
    await set;
    expect(storedKey().wrap).toBe("passphrase");
    expect(account.state.value).toMatchObject({ phase: "ready", appLock: true });

    const removed = account.changeAppLock("keychain", never);
    await vi.waitFor(() => expect(worker.person).toBeDefined());
    worker.person?.(undefined);
    await removed;
    expect(storedKey().wrap).toBe("keychain");
    expect(account.state.value).toMatchObject({ phase: "ready", appLock: false });
    // Nothing was ever closed for it.
    expect(worker.calls).not.toContain("close");
  });

  test("stays as it was where it is given up, the keychain fails, or the worker dies", async () => {
    let broken = false;
    const failing: Keychain = {
      ...openKeychain,
      seal(key) {
        if (broken) throw new Error("the keychain is locked");
        return openKeychain.seal(key);
      },
    };
    const { account, worker } = await world.signedIn(failing);
    const attempt = async (to: "passphrase" | "keychain", answer: () => void): Promise<unknown> => {
      const change = account.changeAppLock(to, never).catch((error: unknown) => error);
      await vi.waitFor(() => expect(worker.person).toBeDefined());
      answer();
      return change;
    };
    expect(await attempt("passphrase", () => worker.person?.(new CodedError("cancelled")))).toMatchObject({ code: "cancelled" });
    const controller = new AbortController();
    const closed = account.changeAppLock("passphrase", controller.signal).catch((error: unknown) => error);
    await vi.waitFor(() => expect(worker.person).toBeDefined());
    controller.abort();
    expect(await closed).toMatchObject({ code: "cancelled" });
    expect(storedKey().wrap).toBe("keychain");

    expect(await attempt("passphrase", () => worker.person?.(undefined))).toBeUndefined();
    broken = true;
    expect(await attempt("keychain", () => worker.person?.(undefined))).toMatchObject({ code: "keychain-unavailable" });
    expect(await attempt("keychain", () => worker.crash())).toMatchObject({ code: "worker-gone" });
    expect(storedKey().wrap).toBe("passphrase");
  });

  test("a profile that cannot be written is told, and the old wrapping is still in use", async () => {
    const { account, worker } = await world.signedIn();
    const inTheWay = join(world.path, "profile.json.new");
    mkdirSync(inTheWay);
    const change = account.changeAppLock("passphrase", never).catch((error: unknown) => error);
    await vi.waitFor(() => expect(worker.person).toBeDefined());
    worker.person?.(undefined);
    expect(await change).toMatchObject({ code: "store-failed" });
    rmdirSync(inTheWay);
    expect(storedKey().wrap).toBe("keychain");
    expect(account.state.value).toMatchObject({ appLock: false });
  });

  test("cannot be given to a keychain that is not there, nor changed while nothing is open", async () => {
    const { account, worker } = world.start(new FakeWorker(), "none");
    await expect(account.changeAppLock("passphrase", never)).rejects.toMatchObject({ code: "not-signed-in" });
    await world.signIn(account);
    await expect(account.changeAppLock("keychain", never)).rejects.toMatchObject({ code: "keychain-unavailable" });
    expect(worker.person).toBeUndefined();
  });
});

describe("locking", () => {
  test("ends the worker in order and starts one that waits for the passphrase; then all goes on", async () => {
    const { account, worker } = await world.signedIn("none");
    const forgotten = vi.fn<() => void>();
    account.locks.watch(() => {
      // Before the state says so, and with nothing left to ask.
      forgotten();
      expect(account.state.value.phase).toBe("ready");
      expect(account.host.state.value.phase).toBe("stopping");
    });
    await account.lock();
    expect(forgotten).toHaveBeenCalledOnce();
    expect(worker.calls.filter((call) => !call.startsWith("connectivity"))).toEqual(["close", "kill"]);
    expect(account.state.value).toMatchObject({ phase: "vault", task: "unlock" });
    expect(account.connection.value.state).toBe("idle");
    await vi.waitFor(() => expect(worker.person).toBeDefined());
    expect(worker.alive).toBe(2);
    await expect(account.lock()).rejects.toMatchObject({ code: "conflict" });
    expect(worker.person).toBeDefined();
    const syncs = world.server.requests({ path: /\/sync$/ }).length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(world.server.requests({ path: /\/sync$/ }).length).toBe(syncs);
    worker.person?.(undefined);
    await vi.waitFor(() => expect(account.state.value).toMatchObject({ phase: "ready", appLock: true }));
    await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
  });

  test("holds when the new worker dies before anyone has typed", async () => {
    const { account, worker } = await world.signedIn("none");
    await account.lock();
    await vi.waitFor(() => expect(worker.person).toBeDefined());
    const asked = worker.person;
    worker.crash();
    await vi.waitFor(() => expect(worker.alive).toBe(3));
    await vi.waitFor(() => expect(worker.person).not.toBe(asked));
    expect(account.state.value).toMatchObject({ phase: "vault", task: "unlock" });
    worker.person?.(undefined);
    await vi.waitFor(() => expect(account.state.value.phase).toBe("ready"));
  });

  test("is refused without an app lock, and takes a change of it that is under way along", async () => {
    const withKeychain = await world.signedIn();
    await expect(withKeychain.account.lock()).rejects.toMatchObject({ code: "conflict" });
    const change = withKeychain.account.changeAppLock("passphrase", never);
    await vi.waitFor(() => expect(withKeychain.worker.person).toBeDefined());
    withKeychain.worker.person?.(undefined);
    await change;
    const second = withKeychain.account.changeAppLock("passphrase", never).catch((error: unknown) => error);
    await vi.waitFor(() => expect(withKeychain.worker.person).toBeDefined());
    await withKeychain.account.lock();
    expect(await second).toMatchObject({ code: "cancelled" });
    expect(withKeychain.account.state.value).toMatchObject({ phase: "vault", task: "unlock" });
  });
});

test("the worker is told that it may send only once its requests find a session", async () => {
  const { account, worker } = await world.signedIn();
  await vi.waitFor(() => expect(account.connection.value.state).toBe("online"));
  expect(worker.calls[0]).toBe("connectivity true");
  expect(world.server.requests({ path: /\/sync$/ }).length).toBeGreaterThan(0);
});

const storedKey = (): KeyWrap => profileSchema.parse(JSON.parse(readFileSync(join(world.path, "profile.json"), "utf8"))).key;

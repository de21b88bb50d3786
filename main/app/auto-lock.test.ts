import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AppState } from "../../protocol/shell.ts";
import { CodedError } from "../../protocol/errors.ts";
import { Observed } from "../crypto-host/observed.ts";
import { Log } from "../logging/log.ts";
import { DEFAULT_SETTINGS } from "../../protocol/default-settings.ts";
import { AutoLock } from "./auto-lock.ts";

const userId = "@you:example.org";
const READY: AppState = { phase: "ready", userId, deviceId: "DEVICE", appLock: true };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(change: Partial<typeof DEFAULT_SETTINGS>) {
  const state = new Observed<AppState>(READY);
  const settings = new Observed({ ...DEFAULT_SETTINGS, ...change });
  const listeners = new Map<string, () => void>();
  const world = { idle: 0, looks: 0, locks: 0, lockable: true, refuse: false };
  const lines: string[] = [];
  const autoLock = new AutoLock({
    account: {
      state,
      get lockable() {
        return world.lockable;
      },
      lock() {
        world.locks += 1;
        if (world.refuse) return Promise.reject(new CodedError("conflict"));
        world.lockable = false;
        state.set({ phase: "vault", task: "unlock", userId });
        return Promise.resolve();
      },
    },
    settings,
    power: {
      getSystemIdleTime() {
        world.looks += 1;
        return world.idle;
      },
      on: (event, listener) => listeners.set(event, listener),
    },
    log: new Log("test", [(line) => lines.push(line)]),
  });
  autoLock.start();
  return { autoLock, state, settings, world, lines, raise: (event: string) => listeners.get(event)?.() };
}

test("locks once nobody has been at the computer for as long as was set, and then looks no more", () => {
  const { world, state } = start({ autoLockMinutes: 2 });
  world.idle = 119;
  vi.advanceTimersByTime(60_000);
  expect(world).toMatchObject({ locks: 0, looks: 4 });
  world.idle = 121;
  vi.advanceTimersByTime(60_000);
  expect(world).toMatchObject({ locks: 1, looks: 5 });
  world.lockable = true;
  world.idle = 0;
  state.set(READY);
  vi.advanceTimersByTime(15_000);
  expect(world).toMatchObject({ locks: 1, looks: 6 });
});

test("follows the settings, and does nothing without an app lock", () => {
  const { world, settings } = start({});
  world.idle = 100_000;
  vi.advanceTimersByTime(60_000);
  expect(world).toMatchObject({ locks: 0, looks: 0 });
  world.lockable = false;
  settings.set({ ...settings.value, autoLockMinutes: 1 });
  vi.advanceTimersByTime(60_000);
  expect(world).toMatchObject({ locks: 0, looks: 0 });
  world.lockable = true;
  settings.set({ ...settings.value, autoLockMinutes: 5 });
  vi.advanceTimersByTime(15_000);
  expect(world.locks).toBe(1);
});

test("locks with the screen and before sleep, where that is wanted", () => {
  for (const event of ["suspend", "lock-screen"]) {
    const indifferent = start({});
    indifferent.raise(event);
    expect(indifferent.world.locks).toBe(0);
    const careful = start({ lockOnSuspend: true });
    careful.raise(event);
    careful.raise(event);
    expect(careful.world.locks).toBe(1);
  }
});

test("a lock that comes too late is noted, and is no bug", async () => {
  const { autoLock, world, lines } = start({});
  world.refuse = true;
  autoLock.lock();
  await vi.runAllTimersAsync();
  expect(lines.join()).toContain("lock.refused");
});

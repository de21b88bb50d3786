import { afterEach, beforeEach, expect, test } from "vitest";
import { err } from "../../protocol/result.ts";
import type { Settings } from "../../protocol/shell.ts";
import { AccountWorld } from "../../tests/support/account-world.ts";
import { shellDeps } from "../../tests/support/shell-deps.ts";
import type { Account } from "../account/account.ts";
import { shellHandlers } from "./shell-handlers.ts";

let world: AccountWorld;
let asked: string[];

beforeEach(async () => {
  world = await AccountWorld.make();
  asked = [];
});
afterEach(() => world.close());

function discover(account: Account, server: string): Promise<unknown> {
  const handlers = shellHandlers({
    ...shellDeps(account),
    transport: {
      send: ({ url }) => {
        asked.push(new URL(url).hostname);
        return Promise.resolve(err("unreachable" as const));
      },
    },
  });
  return Promise.resolve(handlers.discover({ server }, { signal: new AbortController().signal, ports: [] }));
}

test("who is signing in has a server of their choice asked", async () => {
  const { account } = world.start();
  await expect(discover(account, "example.org")).rejects.toMatchObject({ code: "not-a-homeserver" });
  expect(asked).toContain("example.org");
});

test("a page with an account in it cannot have main ask for a name that it has made up: that would be a way out for what it reads", async () => {
  const { account } = world.start();
  await world.signIn(account);
  await expect(discover(account, "what-was-read.evil.example")).rejects.toMatchObject({ code: "already-signed-in" });
  expect(asked).toEqual([]);
});

test("the start with the system is the system's to change, and what it refuses is not kept", async () => {
  const { account } = world.start();
  const sets: boolean[] = [];
  const saved: boolean[] = [];
  const possible = {
    ...shellDeps(account),
    autostart: { isOn: () => false, set: (on: boolean) => void sets.push(on) },
    saveSettings: ({ startWithSystem }: Settings) => void saved.push(startWithSystem),
  };
  const context = { signal: new AbortController().signal, ports: [] };
  const handlers = shellHandlers(possible);
  await handlers.changeSettings({ startWithSystem: true }, context);
  await handlers.changeSettings({ enterSends: false, startWithSystem: true }, context);
  await handlers.changeSettings({ startWithSystem: false }, context);
  expect(sets).toEqual([true, false]);
  expect(saved).toEqual([true, true, false]);
  const impossible = shellHandlers({ ...possible, autostart: undefined });
  expect(() => impossible.changeSettings({ startWithSystem: true }, context)).toThrow(expect.objectContaining({ code: "unsupported" }));
  expect(saved).toHaveLength(3);
});

test("signing out deletes keys: whatever a page asks for, a person is asked first, and only yes is yes", async () => {
  const { account, worker } = await world.signedIn();
  const context = { signal: new AbortController().signal, ports: [] };
  let answer = false;
  let questions = 0;
  const handlers = shellHandlers({
    ...shellDeps(account),
    confirmSignOut: () => {
      questions += 1;
      return Promise.resolve(answer);
    },
  });
  for (const force of [true, false]) await expect(handlers.logout({ force }, context)).rejects.toMatchObject({ code: "cancelled" });
  expect([questions, account.state.value.phase]).toEqual([2, "ready"]);
  expect(worker.calls).not.toContain("deleteAccount");
  answer = true;
  await handlers.logout({ force: true }, context);
  expect(account.state.value.phase).toBe("signed-out");
  // There is nothing left to be lost.
  await handlers.logout({ force: true }, context);
  expect(questions).toBe(3);
});

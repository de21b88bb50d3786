import { expect, test } from "vitest";
import { vaultContract as whole } from "../../protocol/vault.ts";
import { serve, type Channel } from "../../protocol/rpc.ts";
import { WorkerLink } from "./worker-link.ts";

/** A part of the contract is enough here. */
const vaultContract = {
  task: whole.task,
  seal: whole.seal,
  createPassphrase: whole.createPassphrase,
  unlock: whole.unlock,
  taskChanged: whole.taskChanged,
};

/** Two ends in one process. Messages arrive in order, after the sender has gone on. */
function channelPair(): readonly [Channel, Channel] {
  type End = { messages: Array<(message: unknown, ports: readonly unknown[]) => void>; closes: Array<() => void> };
  const left: End = { messages: [], closes: [] };
  const right: End = { messages: [], closes: [] };
  const end = (own: End, other: End): Channel => ({
    post: (message) => queueMicrotask(() => other.messages.forEach((listener) => listener(structuredClone(message), []))),
    onMessage: (listener) => void own.messages.push(listener),
    onClose: (listener) => void own.closes.push(listener),
    close: () => [...own.closes, ...other.closes].forEach((listener) => listener()),
  });
  return [end(left, right), end(right, left)];
}

const worker = (failures: number) => {
  const [page, inside] = channelPair();
  const server = serve(
    vaultContract,
    {
      task: () => ({ kind: "unlock" as const, failures }),
      seal: () => null,
      createPassphrase: () => ({}),
      unlock: () => new Promise(() => undefined),
    },
    inside,
  );
  return { page, server };
};

test("calls wait for the first port", async () => {
  const link = new WorkerLink(vaultContract);
  const waiting = link.call("task", {});
  link.attach(worker(1).page);
  expect(await waiting).toEqual({ ok: true, value: { kind: "unlock", failures: 1 } });
});

test("a new port ends open calls, carries listeners over and says that it came", async () => {
  const link = new WorkerLink(vaultContract);
  const first = worker(1);
  const second = worker(2);
  const heard: number[] = [];
  let attached = 0;
  const stop = link.on("taskChanged", (task) => heard.push(task.kind === "unlock" ? task.failures : -1));
  link.onAttach(() => attached++);
  link.attach(first.page);
  const open = link.call("unlock", { passphrase: "x" });
  link.attach(second.page);
  expect(await open).toEqual({ ok: false, error: { code: "worker-gone" } });
  expect(attached).toBe(2);
  expect(await link.call("task", {})).toEqual({ ok: true, value: { kind: "unlock", failures: 2 } });
  second.server.emit("taskChanged", { kind: "unlock", failures: 7 });
  await Promise.resolve();
  expect(heard).toEqual([7]);
  stop();
  second.server.emit("taskChanged", { kind: "unlock", failures: 8 });
  await Promise.resolve();
  expect(heard).toEqual([7]);
});

test("a call that is given up while no port is there is cancelled", async () => {
  const link = new WorkerLink(vaultContract);
  const stop = new AbortController();
  const waiting = link.call("task", {}, { signal: stop.signal });
  stop.abort();
  expect(await waiting).toEqual({ ok: false, error: { code: "cancelled" } });
});

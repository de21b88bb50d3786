import { describe, expect, test, vi } from "vitest";
import { answering } from "../../tests/support/fake-network.ts";
import { pipe } from "../../tests/support/pipe.ts";
import { controlContract } from "../../protocol/control.ts";
import { CodedError } from "../../protocol/errors.ts";
import { networkContract } from "../../protocol/network.ts";
import { type Channel, connect, serve } from "../../protocol/rpc.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import { CryptoHost } from "./crypto-host.ts";
import { schemaHash } from "./schema-hash.ts";
import type { WorkerSpawner } from "./worker-process.ts";

const clock: Clock = {
  now: () => 0,
  random: () => 0,
  // Time-outs of the host never strike here; its delays before a restart are over at once.
  sleep: (ms) => (ms >= 2000 ? new Promise(() => undefined) : Promise.resolve()),
};

const unused = (): never => {
  throw new CodedError("unsupported");
};

function workers(hash = schemaHash()) {
  const alive: { crash: () => void; worker: Channel }[] = [];
  const spawner: WorkerSpawner = {
    spawn() {
      const [main, worker] = pipe();
      const exits: ((code: number) => void)[] = [];
      const crash = (): void => exits.splice(0).forEach((listener) => listener(9));
      serve(
        controlContract,
        {
          hello: () => ({ version: PROTOCOL_VERSION, schemaHash: hash }),
          newStoreKey: unused,
          takeStoreKey: unused,
          rewrapStoreKey: unused,
          createAccount: unused,
          openAccount: unused,
          updateSession: unused,
          connectPort: unused,
          syncPosition: () => ({ since: "s1", filter: "{}" }),
          receiveSync: unused,
          connectivity: unused,
          sessionEnded: unused,
          close: () => ({}),
          deleteAccount: unused,
        },
        worker,
      );
      alive.push({ crash, worker });
      return { channel: main, onExit: (listener) => void exits.push(listener), kill: crash };
    },
  };
  return { alive, spawner };
}

const hostOf = (spawner: WorkerSpawner): CryptoHost =>
  new CryptoHost({
    spawner,
    clock,
    log: new Log("test", []),
    network: () => answering({ status: 200, body: "{}", bytes: null, contentType: null }),
  });

describe("CryptoHost", () => {
  test("greets the worker, then passes calls, and serves its network on the same pipe", async () => {
    const { alive, spawner } = workers();
    const host = hostOf(spawner);
    expect(await host.call("syncPosition", {})).toEqual({ ok: false, error: { code: "worker-gone" } });
    host.start();
    await vi.waitFor(() => expect(host.state.value).toEqual({ phase: "up", generation: 1 }));
    expect(await host.call("syncPosition", {})).toEqual({ ok: true, value: { since: "s1", filter: "{}" } });
    const [first] = alive;
    if (first === undefined) throw new Error("no worker");
    const network = connect(networkContract, first.worker);
    const answer = await network.call("http", {
      id: "1",
      kind: "room",
      method: "GET",
      path: "/_matrix/x",
      accept: "json",
      auth: true,
      timeoutMs: 1,
      retry: "safe",
    });
    expect(answer).toMatchObject({ ok: true, value: { status: 200 } });
  });

  test("restarts a worker that died and gives up on one that keeps dying", async () => {
    const { alive, spawner } = workers();
    const host = hostOf(spawner);
    const phases: string[] = [];
    host.state.watch(({ phase }) => phases.push(phase));
    host.start();
    await vi.waitFor(() => expect(host.state.value.phase).toBe("up"));
    alive.at(-1)?.crash();
    await vi.waitFor(() => expect(host.state.value).toEqual({ phase: "up", generation: 2 }));
    expect(phases).toEqual(["starting", "up", "down", "starting", "up"]);
  });

  test("refuses a worker of another build, and does not try it again", async () => {
    const { alive, spawner } = workers("0".repeat(64));
    const host = hostOf(spawner);
    host.start();
    await vi.waitFor(() => expect(host.state.value).toEqual({ phase: "failed", code: "protocol-mismatch" }));
    expect(alive).toHaveLength(1);
  });

  test("stops without a restart", async () => {
    const { alive, spawner } = workers();
    const host = hostOf(spawner);
    host.start();
    await vi.waitFor(() => expect(host.state.value.phase).toBe("up"));
    await host.stop();
    expect(host.state.value.phase).toBe("stopped");
    expect(alive).toHaveLength(1);
  });
});

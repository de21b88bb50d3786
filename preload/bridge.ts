import type { RpcError } from "../protocol/errors.ts";
import type { Result } from "../protocol/result.ts";
import type { Client } from "../protocol/rpc.ts";
import { shellContract, type ShellContract } from "../protocol/shell.ts";

/** What a page finds as `window.bulkhead`. Everything in it survives the context bridge: functions and plain values only. */
export type Bridge = {
  readonly shell: {
    /** Asks main. Never rejects; a name that is no call of the contract is answered with `unknown-method`. */
    call(method: string, params: unknown): Promise<Result<unknown, RpcError>>;
    /** Gives up every call of this name that is under way; they are answered with `cancelled`. */
    cancel(method: string): void;
    /** Listens for an event of the contract; returns how to stop. */
    on(event: string, listener: (payload: unknown) => void): () => void;
  };
  /** Asks for a port to the worker again, should the page have missed the one that it gets by itself. The old one is closed. */
  requestPort(): void;
};

/** Derives the page's view of the shell contract: names are looked up in the contract, nothing is written per verb. */
export function createBridge(shell: Client<ShellContract>, requestPort: () => void): Bridge {
  const calls = new Map(Object.entries(shellContract).flatMap(([name, verb]) => (verb.kind === "call" ? [[name, verb] as const] : [])));
  const events = new Set(Object.entries(shellContract).flatMap(([name, verb]) => (verb.kind === "event" ? [name] : [])));
  const underWay = new Map<string, Set<AbortController>>();
  // The bridge is where the page's untyped names meet the contract; both are checked right before.
  const call = shell.call as (method: string, params: unknown, options: { signal: AbortSignal }) => Promise<Result<unknown, RpcError>>;
  const listen = shell.on as (event: string, listener: (payload: unknown) => void) => () => void;
  return {
    shell: {
      async call(method, params) {
        const verb = calls.get(method);
        if (verb === undefined) return { ok: false, error: { code: "unknown-method" } };
        if (!verb.params.safeParse(params).success) return { ok: false, error: { code: "invalid-request" } };
        const controller = new AbortController();
        const set = underWay.get(method) ?? new Set();
        underWay.set(method, set.add(controller));
        try {
          return await call(method, params, { signal: controller.signal });
        } finally {
          set.delete(controller);
        }
      },
      cancel(method) {
        for (const controller of underWay.get(method) ?? []) controller.abort();
      },
      on(event, listener) {
        return events.has(event) ? listen(event, listener) : () => undefined;
      },
    },
    requestPort,
  };
}

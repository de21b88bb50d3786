import type { CallsOf, EventsOf, ParamsOf, PayloadOf, ResultOf } from "../../protocol/define.ts";
import { rpcErrorSchema, type RpcError } from "../../protocol/errors.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { shellContract, type ShellContract } from "../../protocol/shell.ts";

/** What the preload puts on the window. Its answers are parsed here again, as everything from outside. */
type Bridge = {
  readonly call: (method: string, params: unknown) => Promise<unknown>;
  readonly cancel: (method: string) => void;
  readonly on: (event: string, listener: (payload: unknown) => void) => unknown;
};

declare global {
  interface Window {
    readonly bulkhead?: { readonly shell: Bridge };
  }
}

export interface Shell {
  call<K extends keyof CallsOf<ShellContract>>(
    method: K,
    params: ParamsOf<ShellContract[K]>,
  ): Promise<Result<ResultOf<ShellContract[K]>, RpcError>>;
  /** Gives up every call of this name that is under way; they answer `cancelled`. */
  cancel(method: keyof CallsOf<ShellContract>): void;
  on<K extends keyof EventsOf<ShellContract>>(name: K, listener: (payload: PayloadOf<ShellContract[K]>) => void): () => void;
}

/** The typed client of main, over the preload's bridge. Calls never reject. */
export function shellOf(bridge: Bridge): Shell {
  return {
    async call(method, params) {
      const verb = shellContract[method];
      const answer: unknown = await bridge.call(method, params).catch(() => null);
      if (!isRecord(answer)) return err({ code: "internal" });
      if (answer["ok"] !== true) {
        const error = rpcErrorSchema.safeParse(answer["error"]);
        return err(error.success ? error.data : { code: "internal" });
      }
      const value = verb.result.safeParse(answer["value"]);
      return value.success ? ok(value.data as ResultOf<ShellContract[typeof method]>) : err({ code: "internal" });
    },
    cancel: (method) => bridge.cancel(method),
    on(name, listener) {
      const verb = shellContract[name];
      let active = true;
      const stop = bridge.on(name, (payload) => {
        const parsed = verb.payload.safeParse(payload);
        if (active && parsed.success) listener(parsed.data as PayloadOf<ShellContract[typeof name]>);
      });
      return () => {
        active = false;
        if (typeof stop === "function") stop();
      };
    },
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

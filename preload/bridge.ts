import type { Channel } from "../protocol/rpc.ts";

/** As parsed by nobody yet: main parses what it is asked, and the page parses what it is told. */
type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** What a page finds as `window.bulkhead`. Everything in it survives the context bridge: functions and plain values only. */
export type Bridge = {
  readonly shell: {
    /** Asks main. Never rejects; what is no call of the contract, or has other parameters, main refuses. */
    call(method: string, params: unknown): Promise<Answer>;
    /** Gives up every call of this name that is under way; they are answered with `cancelled`. */
    cancel(method: string): void;
    /** Listens for an event of the contract; returns how to stop. */
    on(event: string, listener: (payload: unknown) => void): () => void;
  };
  /** Asks for a port to the worker again, should the page have missed the one that it gets by itself. The old one is closed. */
  requestPort(): void;
};

/** Longer ones main does not answer. */
const MAX_NAME = 64;

const refusal = (code: "unknown-method" | "invalid-request"): Answer => ({ ok: false, error: { code } });

/**
 * The page's way to main: requests out, each with an id of its own, answers and events in. The contract is not known here, because both ends check against it
 * and a third check would only make every page start later.
 */
export function createBridge(main: Pick<Channel, "post" | "onMessage">, requestPort: () => void): Bridge {
  const underWay = new Map<number, { readonly method: string; readonly settle: (answer: Answer) => void }>();
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  let lastId = 0;

  main.onMessage((message) => {
    if (typeof message !== "object" || message === null) return;
    if ("event" in message && "payload" in message) {
      for (const listener of listeners.get(String(message.event)) ?? []) listener(message.payload);
    } else if ("id" in message && typeof message.id === "number") {
      const waiting = underWay.get(message.id);
      underWay.delete(message.id);
      if ("ok" in message && message.ok === true) waiting?.settle({ ok: true, value: "value" in message ? message.value : undefined });
      else waiting?.settle({ ok: false, error: "error" in message ? message.error : undefined });
    }
  });

  return {
    shell: {
      call(method, params) {
        if (typeof method !== "string" || method.length > MAX_NAME) return Promise.resolve(refusal("unknown-method"));
        const id = ++lastId;
        return new Promise((settle) => {
          underWay.set(id, { method, settle });
          try {
            main.post({ id, method, params });
          } catch {
            // There is something in it that cannot be sent to another process.
            underWay.delete(id);
            settle(refusal("invalid-request"));
          }
        });
      },
      cancel(method) {
        for (const [id, call] of underWay) if (call.method === method) main.post({ cancel: id });
      },
      on(event, listener) {
        const set = listeners.get(event) ?? new Set();
        listeners.set(event, set.add(listener));
        return () => void set.delete(listener);
      },
    },
    requestPort,
  };
}

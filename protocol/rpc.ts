import { z } from "zod";
import type { CallsOf, CallVerb, Contract, EventsOf, EventVerb, ParamsOf, PayloadOf, ResultOf, Verb } from "./define.ts";
import { CodedError, rpcErrorSchema, type RpcError } from "./errors.ts";
import { err, ok, type Result } from "./result.ts";

/** The least that a MessagePort, a parentPort or an ipc channel has in common. `transfer` carries ports, where the channel can. */
export interface Channel {
  post(message: unknown, transfer?: readonly unknown[]): void;
  /** Called with every message that arrives, and the ports that came with it. */
  onMessage(listener: (message: unknown, ports: readonly unknown[]) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

const MAX_IN_FLIGHT = 256;

const requestSchema = z.strictObject({ id: z.int().min(0), method: z.string().max(64), params: z.unknown() });
const cancelSchema = z.strictObject({ cancel: z.int().min(0) });
const replySchema = z.union([
  z.strictObject({ id: z.int().min(0), ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ id: z.int().min(0), ok: z.literal(false), error: rpcErrorSchema }),
]);
const eventSchema = z.strictObject({ event: z.string().max(64), payload: z.unknown() });

export type CallContext = {
  /** Aborted when the caller cancels or its port closes. */
  readonly signal: AbortSignal;
  /** Ports that came with the call. */
  readonly ports: readonly unknown[];
};

/** One function a call of the contract. A `CodedError` becomes its code; anything else becomes `internal`. */
export type Handlers<C extends Contract> = {
  readonly [K in keyof CallsOf<C>]: (params: ParamsOf<C[K]>, context: CallContext) => ResultOf<C[K]> | Promise<ResultOf<C[K]>>;
};

export interface Server<C extends Contract> {
  emit<K extends keyof EventsOf<C>>(name: K, payload: PayloadOf<C[K]>): void;
  close(): void;
}

export interface Client<C extends Contract> {
  /** Asks the other side. Never rejects: a closed port, a bad reply and a refusal are all error replies. */
  call<K extends keyof CallsOf<C>>(
    method: K,
    params: ParamsOf<C[K]>,
    options?: { readonly signal?: AbortSignal; readonly transfer?: readonly unknown[] },
  ): Promise<Result<ResultOf<C[K]>, RpcError>>;
  /** Listens for an event; returns how to stop. */
  on<K extends keyof EventsOf<C>>(name: K, listener: (payload: PayloadOf<C[K]>) => void): () => void;
  close(): void;
}

type ServerOptions = {
  /** Told of what a handler threw that was no `CodedError` (our bug). The error itself may carry anything: log its class and place only. */
  readonly onBug?: (method: string, error: unknown) => void;
};

/** Serves a contract on a channel: parses strictly, looks verbs up as own keys only, answers every well-formed request exactly once. */
export function serve<C extends Contract>(contract: C, handlers: Handlers<C>, channel: Channel, options: ServerOptions = {}): Server<C> {
  const verbs = new Map<string, Verb>(Object.entries(contract));
  const functions = new Map<string, (params: never, context: CallContext) => unknown>(Object.entries(handlers));
  const inFlight = new Map<number, AbortController>();
  let open = true;

  const answer = (message: unknown): void => {
    if (open) channel.post(message);
  };
  const refuse = (id: number, error: RpcError): void => answer({ id, ok: false, error });

  const run = async (id: number, method: string, params: unknown, ports: readonly unknown[]): Promise<void> => {
    const verb = verbs.get(method);
    const handler = functions.get(method);
    if (verb?.kind !== "call" || handler === undefined) return refuse(id, { code: "unknown-method" });
    const parsed = verb.params.safeParse(params);
    if (!parsed.success) return refuse(id, { code: "invalid-request" });
    if (inFlight.size >= MAX_IN_FLIGHT || inFlight.has(id)) return refuse(id, { code: "too-many-requests-in-flight" });
    const controller = new AbortController();
    inFlight.set(id, controller);
    try {
      const value = verb.result.parse(await handler(parsed.data as never, { signal: controller.signal, ports }));
      answer({ id, ok: true, value });
    } catch (error) {
      if (error instanceof CodedError) {
        refuse(id, error.retryAfterMs === undefined ? { code: error.code } : { code: error.code, retryAfterMs: error.retryAfterMs });
      } else {
        options.onBug?.(method, error);
        refuse(id, { code: "internal" });
      }
    } finally {
      inFlight.delete(id);
    }
  };

  channel.onMessage((message, ports) => {
    const request = requestSchema.safeParse(message);
    if (request.success) {
      void run(request.data.id, request.data.method, request.data.params, ports);
      return;
    }
    const cancel = cancelSchema.safeParse(message);
    if (cancel.success) inFlight.get(cancel.data.cancel)?.abort();
    // Anything else is noise from a broken or hostile peer: it has no id to answer to, and changes nothing.
  });
  const shut = (): void => {
    open = false;
    for (const controller of inFlight.values()) controller.abort();
  };
  channel.onClose(shut);

  return {
    emit(name, payload) {
      const verb = verbs.get(String(name));
      if (verb?.kind !== "event") throw new Error("not an event of this contract");
      answer({ event: name, payload: (verb as EventVerb).payload.parse(payload) });
    },
    close() {
      shut();
      channel.close();
    },
  };
}

type Pending = { readonly verb: CallVerb; readonly settle: (reply: Result<unknown, RpcError>) => void };

/** Connects to whoever serves the contract at the other end. */
export function connect<C extends Contract>(contract: C, channel: Channel): Client<C> {
  const verbs = new Map<string, Verb>(Object.entries(contract));
  const pending = new Map<number, Pending>();
  const listeners = new Map<string, Set<(payload: never) => void>>();
  let nextId = 0;
  let open = true;

  const shut = (): void => {
    open = false;
    for (const { settle } of pending.values()) settle(err({ code: "worker-gone" }));
    pending.clear();
  };

  channel.onClose(shut);
  channel.onMessage((message) => {
    const reply = replySchema.safeParse(message);
    if (reply.success) {
      const waiting = pending.get(reply.data.id);
      if (waiting === undefined) return;
      pending.delete(reply.data.id);
      if (!reply.data.ok) return waiting.settle(err(reply.data.error));
      const value = waiting.verb.result.safeParse(reply.data.value);
      return waiting.settle(value.success ? ok(value.data) : err({ code: "internal" }));
    }
    const pushed = eventSchema.safeParse(message);
    if (!pushed.success) return;
    const verb = verbs.get(pushed.data.event);
    if (verb?.kind !== "event") return;
    const payload = verb.payload.safeParse(pushed.data.payload);
    if (!payload.success) return;
    for (const listener of listeners.get(pushed.data.event) ?? []) listener(payload.data as never);
  });

  return {
    call(method, params, options) {
      const verb = verbs.get(String(method));
      if (verb?.kind !== "call") throw new Error("not a call of this contract");
      return new Promise((resolve) => {
        if (!open) return resolve(err({ code: "worker-gone" }));
        if (options?.signal?.aborted === true) return resolve(err({ code: "cancelled" }));
        const id = nextId++;
        pending.set(id, { verb, settle: resolve as (reply: Result<unknown, RpcError>) => void });
        options?.signal?.addEventListener("abort", () => open && channel.post({ cancel: id }), { once: true });
        channel.post({ id, method, params }, options?.transfer);
      });
    },
    on(name, listener) {
      const key = String(name);
      const set = listeners.get(key) ?? new Set();
      listeners.set(key, set);
      set.add(listener);
      return () => set.delete(listener);
    },
    close() {
      shut();
      channel.close();
    },
  };
}

import type { CallsOf, Contract, EventsOf, ParamsOf, PayloadOf, ResultOf } from "../../protocol/define.ts";
import type { RpcError } from "../../protocol/errors.ts";
import { err, type Result } from "../../protocol/result.ts";
import { connect, type Channel, type Client } from "../../protocol/rpc.ts";

type Attach<C extends Contract> = (client: Client<C>) => void;

/**
 * A page's end of its worker port, over all ports that it will ever get: a new one comes with each worker. Calls made while there is none
 * wait for the next; listeners are carried over; `onAttach` tells when everything shown must be asked for again.
 */
export class WorkerLink<C extends Contract> {
  readonly #contract: C;
  #client: Client<C> | null = null;
  #waiting: Array<(client: Client<C>) => void> = [];
  readonly #listeners = new Set<Attach<C>>();
  readonly #attached = new Set<() => void>();

  constructor(contract: C) {
    this.#contract = contract;
  }

  /** Takes a fresh channel into use; the previous one is closed, and its open calls end as `worker-gone`. */
  attach(channel: Channel): void {
    this.#client?.close();
    const client = connect(this.#contract, channel);
    this.#client = client;
    channel.onClose(() => {
      if (this.#client === client) this.#client = null;
    });
    for (const listen of this.#listeners) listen(client);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go(client);
    for (const notify of this.#attached) notify();
  }

  get connected(): boolean {
    return this.#client !== null;
  }

  call<K extends keyof CallsOf<C>>(
    method: K,
    params: ParamsOf<C[K]>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result<ResultOf<C[K]>, RpcError>> {
    if (this.#client !== null) return this.#client.call(method, params, options);
    return new Promise((resolve) => {
      options?.signal?.addEventListener("abort", () => resolve(err({ code: "cancelled" })), { once: true });
      this.#waiting.push((client) => void client.call(method, params, options).then(resolve));
    });
  }

  on<K extends keyof EventsOf<C>>(name: K, listener: (payload: PayloadOf<C[K]>) => void): () => void {
    let stop: (() => void) | null = null;
    const listen: Attach<C> = (client) => {
      stop = client.on(name, listener);
    };
    this.#listeners.add(listen);
    if (this.#client !== null) listen(this.#client);
    return () => {
      this.#listeners.delete(listen);
      stop?.();
    };
  }

  onAttach(listener: () => void): () => void {
    this.#attached.add(listener);
    return () => this.#attached.delete(listener);
  }
}

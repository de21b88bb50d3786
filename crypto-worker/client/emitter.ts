import type { ChatContract } from "../../protocol/chat.ts";
import type { ControlContract } from "../../protocol/control.ts";
import type { EventsOf, PayloadOf } from "../../protocol/define.ts";
import type { VaultContract } from "../../protocol/vault.ts";

type ChatEvents = { [K in keyof EventsOf<ChatContract>]: PayloadOf<ChatContract[K]> };
export type ClientEvents = ChatEvents & {
  unread: PayloadOf<ControlContract["unread"]>;
  jobsChanged: PayloadOf<VaultContract["jobsChanged"]>;
  verificationsChanged: PayloadOf<VaultContract["verificationsChanged"]>;
};

/** Tells the ports what has been committed. */
export class ClientEmitter {
  readonly #listeners = new Map<keyof ClientEvents, Set<(payload: never) => void>>();

  on<K extends keyof ClientEvents>(name: K, listener: (payload: ClientEvents[K]) => void): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  emit<K extends keyof ClientEvents>(name: K, payload: ClientEvents[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as (payload: ClientEvents[K]) => void)(payload);
  }
}

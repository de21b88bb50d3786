import type { CryptoStore } from "../../store/store.ts";

const SINCE = "client.sync-since";

/** Where /sync stands. */
export class SyncPosition {
  readonly #store: CryptoStore;

  constructor(store: CryptoStore) {
    this.#store = store;
  }

  since(): string | undefined {
    const value = this.#store.customValues.load(SINCE);
    return value === undefined ? undefined : Buffer.from(value).toString("utf8");
  }

  save(since: string): void {
    this.#store.customValues.save(SINCE, Buffer.from(since, "utf8"));
  }
}

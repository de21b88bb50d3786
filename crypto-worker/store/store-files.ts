import { rmSync } from "node:fs";
import { openSqlCipherStore, type CryptoStore, type SqlCipherStoreOptions } from "./store.ts";

/** The files of a store, as whoever owns an account's life needs them. */
export interface StoreFiles {
  /** @throws StoreError */
  open(options: SqlCipherStoreOptions): CryptoStore;
  /** Deletes a closed store with all that lies beside it. */
  remove(path: string): void;
}

export const storeFiles: StoreFiles = {
  open: openSqlCipherStore,
  remove: (path) => {
    for (const suffix of ["", "-wal", "-shm", ".key-check"]) rmSync(path + suffix, { force: true });
  },
};

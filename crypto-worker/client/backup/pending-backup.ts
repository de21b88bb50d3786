import { publicKeyOf } from "../../machine/backup/backup.ts";
import { Secret } from "../../primitives/secret.ts";
import { BACKUP_ALGORITHM } from "../../wire/backup.ts";
import type { JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";

/** SECURITY: a private key, in the encrypted store like all others. */
const PENDING = "pending-backup";

/**
 * The key of a backup that is being made. It is on disk before the server hears of the backup, so that neither a crash nor a lost answer leaves a backup
 * whose key nobody has.
 */
export class PendingBackup {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** What the server gets; the same key as last time, where that was not accepted yet. */
  begin(): { readonly publicKey: string; readonly body: JsonObject } {
    const { machine, store } = this.#context;
    return store.transaction(() => {
      using known = this.#load();
      if (known !== undefined) {
        const publicKey = publicKeyOf(known);
        return { publicKey, body: { algorithm: BACKUP_ALGORITHM, auth_data: machine.backup.sign({ public_key: publicKey }) } };
      }
      const { privateKey, publicKey, algorithm, auth_data } = machine.backup.createInfo();
      using made = privateKey;
      made.use((bytes) => store.customValues.save(PENDING, bytes));
      store.requireDurability();
      return { publicKey, body: { algorithm, auth_data } };
    });
  }

  /** The server has a backup of this public key: if that is the pending one, it is now ours. */
  adopt(publicKey: string, version: string): void {
    const { machine, store } = this.#context;
    using pending = this.#load();
    if (pending === undefined || publicKeyOf(pending) !== publicKey) return;
    this.#context.commit(() => {
      machine.backup.disable();
      machine.backup.saveDecryptionKey({ privateKey: pending, version });
      machine.backup.enable({ publicKey, version });
      store.customValues.remove(PENDING);
    });
  }

  #load(): Secret<"backup-key"> | undefined {
    const bytes = this.#context.store.customValues.load(PENDING);
    return bytes === undefined ? undefined : Secret.take(bytes, "backup-key");
  }
}

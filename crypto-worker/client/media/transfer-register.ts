import type { Transfer } from "../../../protocol/messages/media.ts";
import type { Network } from "../http.ts";
import type { ClientEmitter } from "../emitter.ts";
import { Throttle } from "../throttle.ts";

type Subject = Pick<Transfer, "roomId" | "itemId" | "eventId" | "direction">;

const MAX_TOLD = 200;

/** Files on their way, and how far they are. */
export class TransferRegister {
  readonly #running = new Map<string, Transfer>();
  readonly #stopListening: () => void;
  readonly #progress: Throttle;

  constructor(emitter: ClientEmitter, network: Network) {
    this.#progress = new Throttle(() => emitter.emit("transfersChanged", [...this.#running.values()].slice(0, MAX_TOLD)));
    this.#stopListening = network.on("transferred", ({ spoolId, done, total }) => {
      const transfer = this.#running.get(spoolId);
      if (transfer === undefined) return;
      this.#running.set(spoolId, { ...transfer, done, total: total ?? transfer.total });
      this.#progress.changed();
    });
  }

  /** Shows a transfer for as long as `work` lasts. `total` is in bytes. */
  async during<T>(spoolId: string, subject: Subject, total: number | null, work: () => Promise<T>): Promise<T> {
    this.#running.set(spoolId, { ...subject, done: 0, total });
    this.#progress.changed();
    try {
      return await work();
    } finally {
      this.#running.delete(spoolId);
      this.#progress.changed();
    }
  }

  stop(): void {
    this.#progress.stop();
    this.#stopListening();
    this.#running.clear();
  }
}

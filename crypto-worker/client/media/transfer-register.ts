import type { Transfer } from "../../../protocol/messages/media.ts";
import type { Network } from "../http.ts";
import type { ClientEmitter } from "../emitter.ts";

type Subject = Pick<Transfer, "roomId" | "itemId" | "eventId" | "direction">;

/** Progress is told at most this often. */
const TELL_EVERY_MS = 100;
const MAX_TOLD = 200;

/** Files on their way, and how far they are. */
export class TransferRegister {
  readonly #emitter: ClientEmitter;
  readonly #running = new Map<string, Transfer>();
  readonly #stopListening: () => void;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;

  constructor(emitter: ClientEmitter, network: Network) {
    this.#emitter = emitter;
    this.#stopListening = network.on("transferred", ({ spoolId, done, total }) => {
      const transfer = this.#running.get(spoolId);
      if (transfer === undefined) return;
      this.#running.set(spoolId, { ...transfer, done, total: total ?? transfer.total });
      this.#tell();
    });
  }

  /** Shows a transfer for as long as `work` lasts. `total` is in bytes. */
  async during<T>(spoolId: string, subject: Subject, total: number | null, work: () => Promise<T>): Promise<T> {
    this.#running.set(spoolId, { ...subject, done: 0, total });
    this.#tell();
    try {
      return await work();
    } finally {
      this.#running.delete(spoolId);
      this.#tell();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#running.clear();
  }

  #tell(): void {
    if (this.#timer !== undefined) return;
    const waitMs = Math.max(0, this.#toldAt + TELL_EVERY_MS - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#toldAt = Date.now();
      this.#emitter.emit("transfersChanged", [...this.#running.values()].slice(0, MAX_TOLD));
    }, waitMs);
    this.#timer.unref();
  }
}

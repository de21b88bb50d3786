import { encodePortableSession, type ExportedRoomKey } from "../../machine/megolm/exported-room-key.ts";
import type { InboundGroupSessionTable } from "../../store/tables/inbound-group-sessions.ts";
import type { JobHandle } from "../jobs.ts";
import type { KeyFileWriter } from "./key-file-writer.ts";

/** Keys of one piece: some 400 kB of text. */
const PAGE = 500;

/** One export under way: every room key that there was when it began, read from the store as the file is taken. */
export class KeyExport {
  readonly id: string;
  readonly count: number;
  readonly #table: Pick<InboundGroupSessionTable, "between">;
  readonly #writer: KeyFileWriter;
  readonly #job: JobHandle;
  readonly #last: number;
  #after = 0;
  #done = 0;
  #ended = false;

  constructor(id: string, table: Pick<InboundGroupSessionTable, "between" | "count" | "lastId">, writer: KeyFileWriter, job: JobHandle) {
    this.id = id;
    this.#table = table;
    this.#writer = writer;
    this.#job = job;
    this.count = table.count();
    this.#last = table.lastId();
    job.progress(0, this.count);
  }

  get isCancelled(): boolean {
    return this.#job.signal.aborted;
  }

  /** The next piece of the file, undefined after the last one. */
  read(): string | undefined {
    if (this.#ended) return undefined;
    const start = this.#after === 0 ? "[" : "";
    const page = this.#page();
    const comma = this.#done > 0 && page.length > 0 ? "," : "";
    this.#done += page.length;
    this.#ended = this.#after >= this.#last;
    this.#job.progress(this.#done, this.count);
    // SECURITY: the keys in clear; the writer takes nothing but ciphertext out of here.
    const text = start + comma + page.map((key) => JSON.stringify(key)).join(",");
    return this.#ended ? this.#writer.write(`${text}]`) + this.#writer.end() : this.#writer.write(text);
  }

  end(): void {
    this.#ended = true;
    this.#job.end();
  }

  #page(): ExportedRoomKey[] {
    const upTo = Math.min(this.#after + PAGE, this.#last);
    const sessions = this.#table.between(this.#after, upTo);
    this.#after = upTo;
    return sessions.map(encodePortableSession);
  }
}

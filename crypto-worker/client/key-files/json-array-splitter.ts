const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** A key is less than a kilobyte. */
const MAX_ENTRY_BYTES = 1 << 20;

/**
 * Takes an array in JSON text apart while it comes in, without building it: a list of 100,000 keys as objects would cost hundreds of megabytes.
 * What an entry says is not looked at; only the array around it has to be one.
 */
export class JsonArraySplitter {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #closed = false;
  #failed = false;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;

  /** The texts of the entries that end in this piece; undefined once the text cannot be an array any more. */
  push(piece: Uint8Array): string[] | undefined {
    const entries: string[] = [];
    let start = 0;
    for (let at = 0; at < piece.length && !this.#failed; at += 1) {
      const byte = piece[at] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (this.#depth === 0) {
        if (isSpace(byte)) continue;
        if (byte !== OPEN_ARRAY || this.#closed) this.#failed = true;
        this.#depth = 1;
        start = at + 1;
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        this.#depth += 1;
      } else if (this.#depth === 1 && (byte === COMMA || byte === CLOSE_ARRAY)) {
        const entry = this.#entry(piece.subarray(start, at));
        if (entry !== "") entries.push(entry);
        start = at + 1;
        if (byte === CLOSE_ARRAY) {
          this.#depth = 0;
          this.#closed = true;
        }
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        this.#depth -= 1;
        if (this.#depth === 0) this.#failed = true;
      }
    }
    if (this.#depth > 0) this.#keep(piece.subarray(start));
    return this.#failed ? undefined : entries;
  }

  /** Whether the text was an array, to its end. */
  end(): boolean {
    return this.#closed && !this.#failed;
  }

  #keep(part: Uint8Array): void {
    this.#pending.push(Uint8Array.from(part));
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > MAX_ENTRY_BYTES) this.#failed = true;
  }

  #entry(end: Uint8Array): string {
    const text = Buffer.concat([...this.#pending, end])
      .toString("utf8")
      .trim();
    for (const part of this.#pending) part.fill(0);
    this.#pending = [];
    this.#pendingBytes = 0;
    return text;
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

import { timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/**
 * Secret bytes of one kind. Prints as `[secret kind]` everywhere; `#bytes` does not survive a structured clone, so that a secret
 * cannot cross a port by accident. Wiping is best effort: copies that the engine or a library made are out of reach.
 */
export class Secret<Kind extends string> {
  readonly kind: Kind;
  readonly #bytes: Uint8Array;
  #wiped = false;

  private constructor(bytes: Uint8Array, kind: Kind) {
    this.#bytes = bytes;
    this.kind = kind;
  }

  /** Copies `bytes`; the caller keeps (and should wipe) its own array. */
  static from<K extends string>(bytes: Uint8Array, kind: K): Secret<K> {
    return new Secret(Uint8Array.from(bytes), kind);
  }

  /** Copies `bytes` and wipes the caller's array. */
  static take<K extends string>(bytes: Uint8Array, kind: K): Secret<K> {
    const secret = Secret.from(bytes, kind);
    bytes.fill(0);
    return secret;
  }

  /** Length in bytes; not itself secret. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Lends the bytes to `fn`, which must neither keep nor change them. Throws once the secret was disposed of. */
  use<T>(fn: (bytes: Uint8Array) => T): T {
    if (this.#wiped) throw new Error("secret used after it was wiped");
    return fn(this.#bytes);
  }

  /** Compares in time that depends on the lengths only. */
  equals(other: Secret<Kind>): boolean {
    return this.use((a) => other.use((b) => a.length === b.length && timingSafeEqual(a, b)));
  }

  [Symbol.dispose](): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  toString(): string {
    return `[secret ${this.kind}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

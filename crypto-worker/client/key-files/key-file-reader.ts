import { AesCtrStream, AES_KEY_BYTES } from "../../primitives/aes-ctr.ts";
import { decodeBase64 } from "../../primitives/base64.ts";
import { constantTimeEqual, HmacSha256Stream } from "../../primitives/hmac.ts";
import { pbkdf2Sha512Async } from "../../primitives/pbkdf2.ts";
import type { Secret } from "../../primitives/secret.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { breathe } from "../jobs.ts";
import {
  CIPHERTEXT_AT,
  DERIVED_BYTES,
  HEADER,
  IV_AT,
  MAC_BYTES,
  ROUNDS_AT,
  SALT_AT,
  TRAILER,
  VERSION,
} from "../../machine/megolm/room-key-file-format.ts";

export type KeyFileFailure =
  | "too-large"
  /** Not a key file, or not a whole one, or one that asks for an unreasonable amount of work. */
  | "malformed"
  /** Or the file was damaged: the two look the same. */
  | "wrong-passphrase"
  | "cancelled";

/** Some 400,000 keys. */
const MAX_BYTES = 192 * 1024 * 1024;
/** Text that people put in front of it. */
const MAX_PREAMBLE = 64 * 1024;
/** Two more than the padding can be long, so that padding is only ever decoded with what it belongs to. */
const HELD_BACK = 8;
const SLICE = 256 * 1024;

/** Takes a key file piece by piece and keeps it, encrypted as it is, until it has been read. */
export class KeyFileReader {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #state: "before" | "within" | "after" = "before";
  /** What has arrived and cannot be taken apart before more is there. */
  #rest = "";

  append(piece: string): Result<void, KeyFileFailure> {
    this.#rest += piece;
    if (this.#state === "before" && !this.#skipPreamble()) return this.#rest.length > MAX_PREAMBLE ? err("malformed") : ok(undefined);
    return this.#state === "after" ? ok(undefined) : this.#take();
  }

  /** The MAC over all of the file is checked before anything is decrypted. Half a second or more of another thread's time for the passphrase. */
  async open(passphrase: string, signal: AbortSignal): Promise<Result<OpenKeyFile, KeyFileFailure>> {
    if (this.#state !== "after" || this.#length < CIPHERTEXT_AT + MAC_BYTES) return err("malformed");
    const header = this.#bytes(0, CIPHERTEXT_AT);
    if (header[0] !== VERSION) return err("malformed");
    const salt = header.subarray(SALT_AT, IV_AT);
    const iv = header.subarray(IV_AT, ROUNDS_AT);
    const rounds = new DataView(header.buffer, header.byteOffset).getUint32(ROUNDS_AT);
    const derived = await pbkdf2Sha512Async(passphrase, { salt, rounds, length: DERIVED_BYTES }, "key-export", signal);
    if (!derived.ok) return err(derived.error === "aborted" ? "cancelled" : "malformed");
    const key = derived.value;
    const checked = await this.#checkMac(key, signal);
    if (checked.ok) return ok(new OpenKeyFile(key, iv, () => this.#slices(CIPHERTEXT_AT, this.#length - MAC_BYTES)));
    key[Symbol.dispose]();
    return checked;
  }

  async #checkMac(key: Secret<"key-export">, signal: AbortSignal): Promise<Result<void, KeyFileFailure>> {
    const mac = key.use((bytes) => new HmacSha256Stream(bytes.subarray(AES_KEY_BYTES)));
    for (const slice of this.#slices(0, this.#length - MAC_BYTES)) {
      mac.update(slice);
      await breathe();
      if (signal.aborted) return err("cancelled");
    }
    const expected = this.#bytes(this.#length - MAC_BYTES, this.#length);
    return constantTimeEqual(mac.digest(), expected) ? ok(undefined) : err("wrong-passphrase");
  }

  #skipPreamble(): boolean {
    const start = this.#rest.indexOf(HEADER);
    if (start < 0) return false;
    this.#rest = this.#rest.slice(start + HEADER.length);
    this.#state = "within";
    return true;
  }

  #take(): Result<void, KeyFileFailure> {
    const dash = this.#rest.indexOf("-");
    const text = (dash < 0 ? this.#rest : this.#rest.slice(0, dash)).replaceAll(/\s+/g, "");
    const tail = dash < 0 ? "" : this.#rest.slice(dash);
    const isEnd = tail.startsWith(TRAILER);
    if (tail !== "" && !isEnd && !TRAILER.startsWith(tail)) return err("malformed");
    const ready = isEnd ? text.length : Math.max(0, text.length - HELD_BACK - (text.length % 4));
    const bytes = decodeBase64(text.slice(0, ready));
    if (!bytes.ok) return err("malformed");
    this.#rest = text.slice(ready) + tail;
    this.#length += bytes.value.length;
    if (this.#length > MAX_BYTES) return err("too-large");
    if (bytes.value.length > 0) this.#chunks.push(bytes.value);
    if (!isEnd) return ok(undefined);
    this.#state = "after";
    this.#rest = "";
    return ok(undefined);
  }

  #bytes(from: number, to: number): Uint8Array {
    return Uint8Array.from(Buffer.concat([...this.#slices(from, to)]));
  }

  *#slices(from: number, to: number): Generator<Uint8Array> {
    let at = 0;
    for (const chunk of this.#chunks) {
      const end = Math.min(chunk.length, to - at);
      for (let start = Math.max(0, from - at); start < end; start += SLICE) yield chunk.subarray(start, Math.min(end, start + SLICE));
      at += chunk.length;
    }
  }
}

/** A key file whose passphrase was right. SECURITY: what it reads are keys in clear; the caller wipes each piece. */
export class OpenKeyFile {
  readonly #key: Secret<"key-export">;
  readonly #iv: Uint8Array;
  readonly #ciphertext: () => Iterable<Uint8Array>;

  constructor(key: Secret<"key-export">, iv: Uint8Array, ciphertext: () => Iterable<Uint8Array>) {
    this.#key = key;
    this.#iv = iv;
    this.#ciphertext = ciphertext;
  }

  /** The JSON text from its beginning, in UTF-8. */
  *read(): Generator<Uint8Array> {
    const cipher = this.#key.use((bytes) => new AesCtrStream(bytes.subarray(0, AES_KEY_BYTES), this.#iv));
    for (const slice of this.#ciphertext()) yield cipher.update(slice);
  }

  [Symbol.dispose](): void {
    this.#key[Symbol.dispose]();
  }
}

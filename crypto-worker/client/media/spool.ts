import { CodedError } from "../../../protocol/errors.ts";
import { MEDIA_PIECE_BYTES } from "../../../protocol/messages/media.ts";
import type { RpcError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";
import type { Env } from "../../machine/env.ts";
import type { Network } from "../http.ts";

/** Main's spool of files, as the worker uses it. Failures are thrown as a `CodedError`. */
export class Spool {
  readonly #network: Network;
  readonly #env: Env;
  /** Files that no row of the store names, and that are in use all the same. */
  readonly #held = new Set<string>();

  constructor(network: Network, env: Env) {
    this.#network = network;
    this.#env = env;
  }

  /** A new name. It is held until it is released or removed. */
  hold(): string {
    const spoolId = Buffer.from(this.#env.randomBytes(16)).toString("hex");
    this.#held.add(spoolId);
    return spoolId;
  }

  /** From now on a row of the store names it. */
  release(spoolId: string): void {
    this.#held.delete(spoolId);
  }

  isHeld(spoolId: string): boolean {
    return this.#held.has(spoolId);
  }

  async append(spoolId: string, offset: number, bytes: Uint8Array, durable = false): Promise<void> {
    // SECURITY: a buffer of its own: what crosses a port takes along all of the memory that it is a view of.
    const own = new Uint8Array(bytes);
    valueOf(await this.#network.call("spoolAppend", { spoolId, offset, bytes: own, durable }));
  }

  /** One piece; shorter than the bound at the end of the file, and empty behind it. */
  async piece(spoolId: string, offset: number): Promise<Uint8Array> {
    return valueOf(await this.#network.call("spoolRead", { spoolId, offset, length: MEDIA_PIECE_BYTES })).bytes;
  }

  /** Every piece from the start. */
  async *pieces(spoolId: string): AsyncGenerator<Uint8Array, void, void> {
    for (let offset = 0; ;) {
      const bytes = await this.piece(spoolId, offset);
      if (bytes.byteLength === 0) return;
      offset += bytes.byteLength;
      yield bytes;
    }
  }

  async remove(spoolIds: readonly string[]): Promise<void> {
    for (const spoolId of spoolIds) this.#held.delete(spoolId);
    if (spoolIds.length > 0) valueOf(await this.#network.call("spoolRemove", { spoolIds: [...spoolIds] }));
  }

  async list(): Promise<string[]> {
    return valueOf(await this.#network.call("spoolList", {})).spoolIds;
  }
}

function valueOf<T>(answer: Result<T, RpcError>): T {
  if (answer.ok) return answer.value;
  throw new CodedError(answer.error.code, answer.error.retryAfterMs);
}

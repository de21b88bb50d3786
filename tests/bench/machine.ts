import type { JsonObject } from "../../crypto-worker/wire/json.ts";

type Awaitable<T> = T | Promise<T>;

/** A to-device request of the machine under test, with its body parsed. */
export type SharedKey = { readonly id: string; readonly messages: JsonObject };

/**
 * What the driver does with a machine, whoever wrote it. Everything that goes in is made ready outside the measured time: `prepare` turns a value
 * into what this implementation takes (text for the one in WebAssembly).
 */
export interface BenchMachine {
  readonly userId: string;
  readonly deviceId: string;
  /** The body of the first keys/upload; `finish` reports the response. Both are measured together. */
  uploadKeys(response: Prepared): Awaitable<JsonObject>;
  track(userIds: readonly string[]): Awaitable<void>;
  /** The id of the keys/query that asks for this user. */
  keysQueryId(userId: string): Awaitable<string>;
  receiveKeysQuery(id: string, response: Prepared): Awaitable<void>;
  keysClaimId(userIds: readonly string[]): Awaitable<string>;
  receiveKeysClaim(id: string, response: Prepared): Awaitable<void>;
  shareRoomKey(roomId: string, userIds: readonly string[]): Awaitable<readonly SharedKey[]>;
  markShared(id: string): Awaitable<void>;
  receiveToDevice(events: Prepared): Awaitable<void>;
  encrypt(roomId: string, content: Prepared): Awaitable<JsonObject>;
  /** Throws when the event cannot be decrypted. */
  decrypt(event: Prepared, roomId: string): Awaitable<void>;
  /** In one transaction where there are any. */
  decryptAll(events: readonly { readonly event: Prepared; readonly roomId: string }[]): Awaitable<void>;
  exportKeys(): Awaitable<unknown>;
  importKeys(keys: Prepared): Awaitable<number>;
  close(): Awaitable<void>;
}

declare const prepared: unique symbol;
/** A value in the form that the implementation takes. */
export type Prepared = { readonly [prepared]: true };

export interface Implementation {
  readonly name: string;
  prepare(value: unknown): Prepared;
  open(userId: string, deviceId: string): Awaitable<BenchMachine>;
  /** Removes what it left on disk. */
  cleanUp(): void;
}

import type { DeviceId, RoomId, UserId } from "../../protocol/ids.ts";
import type { Log } from "../log.ts";
import type { Env } from "../machine/env.ts";
import type { CryptoStore } from "../store/store.ts";
import type { Changes } from "./changes.ts";
import type { ClientEmitter } from "./emitter.ts";
import type { MatrixHttp } from "./http.ts";
import type { Machine } from "./machine.ts";
import type { RoomEventFacts } from "./verification/verification-intake.ts";

/** What every part of one account's client shares. */
export type ClientContext = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly store: CryptoStore;
  readonly machine: Machine;
  readonly env: Env;
  readonly http: MatrixHttp;
  readonly log: Log;
  readonly emitter: ClientEmitter;
  /** When this device was made; events before it are history that it never had a key for. */
  readonly deviceCreatedAt: number;
  /** What verifications say in rooms whose timeline has a gap that is being read for what they have said before. */
  readonly heldVerifications: Map<RoomId, RoomEventFacts[]>;
  /** True once the account is closed: what still comes in finds no store. */
  isClosed(): boolean;
  /** One transaction: `work` writes and notes what it changed; summaries follow in the same commit, and the ports are told after it. */
  commit<T>(work: (changes: Changes) => T): T;
};

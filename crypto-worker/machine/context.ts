import type { DeviceId, UserId } from "../../protocol/ids.ts";
import type { IdentityKeys } from "../primitives/account-pickle.ts";
import type { Crew } from "../primitives/crew/crew.ts";
import type { CryptoStore } from "../store/store.ts";
import type { Env } from "./env.ts";

/** What every part of one machine shares: who we are, the store, and the outside world. */
export type MachineContext = {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly identityKeys: IdentityKeys;
  readonly store: CryptoStore;
  readonly env: Env;
  /** For work on many keys at once. */
  readonly crew: Crew;
  /** For libolm's pickles. Random, made with the account and kept in the same (encrypted) store. */
  readonly pickleKey: Uint8Array;
};

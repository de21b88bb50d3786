import type { RoomId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { EncryptionSettings as RoomEncryption } from "../../wire/encryption-event.ts";
import type { MachineContext } from "../context.ts";

export type RoomSettingsFailure =
  /** An algorithm that we do not know. The room is encrypted all the same. */
  | "InvalidSettings"
  /** The room has other settings already, and those stay. */
  | "EncryptionDowngrade";

/**
 * What each room's encryption was set to first. Whoever can write the room's state (a hostile server too) could otherwise weaken it: so nothing that
 * differs is accepted later, and nothing is ever removed.
 */
export class RoomSettings {
  readonly #context: MachineContext;

  constructor(context: MachineContext) {
    this.#context = context;
  }

  of(roomId: RoomId): RoomEncryption | undefined {
    return this.#context.store.roomSettings.load(roomId);
  }

  set(roomId: RoomId, settings: RoomEncryption): Result<void, RoomSettingsFailure> {
    if (settings.algorithm !== MEGOLM_ALGORITHM) return err("InvalidSettings");
    const known = this.of(roomId);
    if (known === undefined) {
      this.#context.store.roomSettings.insert(roomId, settings);
      return ok(undefined);
    }
    const same = known.rotationPeriodMs === settings.rotationPeriodMs && known.rotationPeriodMsgs === settings.rotationPeriodMsgs;
    return same ? ok(undefined) : err("EncryptionDowngrade");
  }
}

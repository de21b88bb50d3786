import type { RoomId } from "../../../protocol/ids.ts";
import type { MachineContext } from "../context.ts";

const EVERYWHERE = "only-trusted-devices";

/**
 * Where room keys go to trusted devices only: everywhere, or in single rooms. Both are off at first and kept over restarts. It is ours to say; nothing that a
 * room's state holds changes it.
 */
export class OnlyTrusted {
  readonly #context: MachineContext;

  constructor(context: MachineContext) {
    this.#context = context;
  }

  everywhere(): boolean {
    return this.#context.store.customValues.load(EVERYWHERE) !== undefined;
  }

  /** What was said of this room alone. */
  inRoom(roomId: RoomId): boolean {
    return this.#context.store.onlyTrustedRooms.has(roomId);
  }

  setEverywhere(on: boolean): void {
    const { customValues } = this.#context.store;
    if (on) customValues.save(EVERYWHERE, Uint8Array.of(1));
    else customValues.remove(EVERYWHERE);
  }

  setInRoom(roomId: RoomId, on: boolean): void {
    const { onlyTrustedRooms } = this.#context.store;
    if (on) onlyTrustedRooms.add(roomId);
    else onlyTrustedRooms.remove(roomId);
  }
}

import type { RoomId } from "../../../protocol/ids.ts";

/** So long a message whose files are on their way holds up what was written after it. A picture is there by then; a film is passed. */
const HOLD_MS = 5000;

type Hold = { readonly itemId: string; passed: boolean; readonly timer: NodeJS.Timeout };

/** For each room the message whose files are on their way, and whether what was written after it still waits for it. */
export class FileHolds {
  readonly #onPassed: (roomId: RoomId) => void;
  readonly #holds = new Map<RoomId, Hold>();

  constructor(onPassed: (roomId: RoomId) => void) {
    this.#onPassed = onPassed;
  }

  /** The upload for a message begins, or begins again: the wait starts with each message once. */
  begin(roomId: RoomId, itemId: string): void {
    const known = this.#holds.get(roomId);
    if (known?.itemId === itemId) return;
    clearTimeout(known?.timer);
    const hold: Hold = {
      itemId,
      passed: false,
      timer: setTimeout(() => {
        hold.passed = true;
        this.#onPassed(roomId);
      }, HOLD_MS),
    };
    this.#holds.set(roomId, hold);
  }

  isPassed(roomId: RoomId): boolean {
    return this.#holds.get(roomId)?.passed ?? false;
  }

  /** None waits in the room any more. */
  end(roomId: RoomId): void {
    clearTimeout(this.#holds.get(roomId)?.timer);
    this.#holds.delete(roomId);
  }

  stop(): void {
    for (const roomId of this.#holds.keys()) this.end(roomId);
  }
}

import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { HistoryIntake } from "./history-intake.ts";
import { HistorySharing, type HistorySharingParts } from "./history-sharing.ts";

/** What was said in rooms before somebody came in: given to those who are invited, taken from those who invite. */
export class RoomHistory {
  readonly sharing: HistorySharing;
  readonly #intake: HistoryIntake;

  constructor(context: ClientContext, parts: HistorySharingParts) {
    this.sharing = new HistorySharing(context, parts);
    this.#intake = new HistoryIntake(context, parts.blobs);
  }

  setOnline(online: boolean): void {
    this.sharing.setOnline(online);
    this.#intake.setOnline(online);
  }

  afterSync(): void {
    this.sharing.wake();
    this.#intake.wake();
  }

  /** After a commit: whether an inviter is who they say may be known now. */
  observe(changes: Changes): void {
    if (changes.deviceOwners.size > 0) this.#intake.wake();
  }

  stop(): void {
    this.sharing.stop();
    this.#intake.stop();
  }
}

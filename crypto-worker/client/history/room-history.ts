import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { HistoryIntake } from "./history-intake.ts";
import type { RequestPump } from "../pump.ts";
import { HistorySharing, type HistorySharingParts } from "./history-sharing.ts";

/** What was said in rooms before somebody came in: given to those who are invited, taken from those who invite. */
export class RoomHistory {
  readonly #context: ClientContext;
  readonly #pump: RequestPump;
  readonly #sharing: HistorySharing;
  readonly #intake: HistoryIntake;

  constructor(context: ClientContext, parts: HistorySharingParts) {
    this.#context = context;
    this.#pump = parts.pump;
    this.#sharing = new HistorySharing(context, parts);
    this.#intake = new HistoryIntake(context, parts.blobs);
  }

  /** Sends an invitation, and before it the keys of the room's past where that is for newcomers. Rejects as `invite` does, and only then. */
  inviting(roomId: RoomId, userId: UserId, invite: () => Promise<void>): Promise<void> {
    return this.#sharing.inviting(roomId, userId, invite);
  }

  /** A person goes into the room on somebody's invitation: from now on that one's keys are welcome. */
  accepted(roomId: RoomId, inviter: UserId): void {
    this.#context.commit(() => this.#context.machine.history.acceptedInvite(roomId, inviter));
    this.#pump.trigger();
    this.#intake.wake();
  }

  setOnline(online: boolean): void {
    this.#sharing.setOnline(online);
    this.#intake.setOnline(online);
  }

  afterSync(): void {
    this.#sharing.wake();
    this.#intake.wake();
  }

  /** After a commit: whether an inviter is who they say may be known now. */
  observe(changes: Changes): void {
    if (changes.deviceOwners.size > 0) this.#intake.wake();
  }

  stop(): void {
    this.#sharing.stop();
    this.#intake.stop();
  }
}

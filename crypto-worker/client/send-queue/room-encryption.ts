import { CodedError, type ErrorCode } from "../../../protocol/errors.ts";
import type { RoomId, UserId } from "../../../protocol/ids.ts";
import type { SharingStrategy } from "../../machine/megolm/encryption-settings.ts";
import { RoomKeySharingError } from "../../machine/megolm/room-key-sharing.ts";
import type { OutgoingRequest } from "../../machine/requests/outgoing-request.ts";
import type { RoomRecord } from "../../store/tables/rooms.ts";
import type { ToleratedDevice } from "../../store/tables/send-queue.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import { arrayField, objectField, type JsonObject } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import { codeOfSharingFailure, hasOwnTrouble, isOnlyTrusted, sharingProblem } from "../room-safety.ts";
import { recipientsOf, type MemberLoader } from "../rooms/members.ts";
import type { RequestPump } from "../pump.ts";

/** What keeps a message back, in the order in which it is met. Whoever fails further on than the last time has got somewhere. */
export const preparations = ["members", "devices", "sessions", "keys"] as const;
export type Preparation = (typeof preparations)[number];

/** A room could not be made ready now. */
export class PreparationError extends CodedError {
  readonly at: Preparation;

  constructor(code: ErrorCode, at: Preparation) {
    super(code);
    this.at = at;
  }
}

/** Whose devices may have keys although they are not in order: those that a person named for one event, or, for what puts things in order, `anyone`. */
type Tolerance = readonly ToleratedDevice[] | "anyone";

/** How long a message waits for news of the devices of people of whom some are known. */
const KEY_QUERY_WAIT_MS = 5000;
/** Members may come and go while keys are on their way; each time the recipients are settled anew. */
const MAX_ROUNDS = 8;

/**
 * Makes a room ready to be encrypted for: everybody known, their devices known, Olm sessions there, the room key shared and acknowledged.
 * One at a time a room.
 */
export class RoomEncryption {
  readonly #context: ClientContext;
  readonly #members: MemberLoader;
  readonly #pump: RequestPump;
  readonly #tails = new Map<RoomId, Promise<unknown>>();
  #claims: Promise<unknown> = Promise.resolve();

  constructor(context: ClientContext, members: MemberLoader, pump: RequestPump) {
    this.#context = context;
    this.#members = members;
    this.#pump = pump;
  }

  /**
   * Runs `encrypt` at a moment when the room key is shared with exactly today's recipients: there is no wait between that check and the
   * call. Rejects with a `CodedError`; with `verified-identity-changed` or `verified-user-unsigned-device` where a person has to decide first.
   */
  whenReady<T>(roomId: RoomId, encrypt: () => T, tolerance: Tolerance = []): Promise<T> {
    const tail = this.#tails.get(roomId) ?? Promise.resolve();
    const run = tail.then(() => this.#prepare(roomId, encrypt, tolerance));
    const settled: Promise<unknown> = run
      .catch(() => undefined)
      .finally(() => {
        if (this.#tails.get(roomId) === settled) this.#tails.delete(roomId);
      });
    this.#tails.set(roomId, settled);
    return run;
  }

  /**
   * Brings what is known of a person up to date, who may be a stranger so far, and makes Olm sessions with their devices: for what is said to them alone.
   * Rejects with a `PreparationError`. Of somebody whose server cannot be reached nothing may be known even so.
   */
  async reach(userId: UserId): Promise<void> {
    const { machine } = this.#context;
    machine.updateTrackedUsers([userId]);
    // The server tells of changes only where a room is shared.
    machine.markUsersAsChanged([userId]);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const query = this.#pump.open("keys_query").find(({ body }) => asksFor(body, userId));
      if (query === undefined) break;
      const answer = await this.#pump.send(query);
      if (!answer.ok) throw new PreparationError(answer.error.code, "devices");
    }
    await this.#claimMissing(() => [userId]);
  }

  async #prepare<T>(roomId: RoomId, encrypt: () => T, tolerance: Tolerance): Promise<T> {
    const { machine } = this.#context;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      await this.#loadMembers(roomId);
      this.#requireEncrypted(roomId);
      machine.updateTrackedUsers(recipientsOf(this.#context, roomId).userIds);
      if (round === 0) await this.#learnDevices(roomId);
      await this.#claimMissing(() => recipientsOf(this.#context, roomId).userIds);
      const room = this.#requireEncrypted(roomId);
      if (!room.membersComplete) continue;
      const requests = this.#share(room, tolerance);
      if (requests.length === 0) return encrypt();
      const answers = await Promise.all(requests.map((request) => this.#pump.send(request)));
      for (const answer of answers) if (!answer.ok) throw new PreparationError(answer.error.code, "keys");
    }
    throw new CodedError("encryption-failed");
  }

  async #loadMembers(roomId: RoomId): Promise<void> {
    try {
      await this.#members.ensure(roomId);
    } catch (error) {
      throw error instanceof CodedError ? new PreparationError(error.code, "members") : error;
    }
  }

  /** Refuses to share where one of the recipients was verified and is not who they were; trouble of our own keeps nothing back. */
  #share({ roomId, rotationMs, rotationMsgs }: RoomRecord, tolerance: Tolerance): OutgoingRequest[] {
    const { userIds, historyVisibility } = recipientsOf(this.#context, roomId);
    const settings = {
      ...(rotationMs === undefined ? {} : { rotationPeriodMs: rotationMs }),
      ...(rotationMsgs === undefined ? {} : { rotationPeriodMsgs: rotationMsgs }),
      historyVisibility,
    };
    const sharingStrategy = this.#strategy(roomId, tolerance);
    // That strategy looks at the same by itself.
    const checked = tolerance === "anyone" || sharingStrategy === "errorOnVerifiedUserProblem";
    const problem = checked ? undefined : sharingProblem(this.#context, roomId, tolerance);
    if (problem !== undefined) throw new CodedError(problem);
    try {
      return this.#context.machine.shareRoomKey(roomId, userIds, { ...settings, sharingStrategy });
    } catch (error) {
      throw error instanceof RoomKeySharingError ? new CodedError(codeOfSharingFailure(error.code)) : error;
    }
  }

  #strategy(roomId: RoomId, tolerance: Tolerance): SharingStrategy {
    if (tolerance === "anyone") return "allDevices";
    if (isOnlyTrusted(this.#context.machine, roomId)) return "onlyTrustedDevices";
    return tolerance.length > 0 || hasOwnTrouble(this.#context) ? "allDevices" : "errorOnVerifiedUserProblem";
  }

  /**
   * Brings the devices of the recipients up to date. Of whom no device is known could never read the message, so it waits for the answer
   * about them, and is tried again later where there is none. Servers that ours cannot reach hold nothing up: they are not asked for a while.
   */
  async #learnDevices(roomId: RoomId): Promise<void> {
    await this.#pump.settle("keys_query", KEY_QUERY_WAIT_MS);
    for (;;) {
      const queries = this.#pump.open("keys_query");
      if (queries.length === 0) return;
      const strangers = recipientsOf(this.#context, roomId).userIds.filter(
        (userId) => this.#context.machine.getUserDevices(userId).length === 0,
      );
      const query = queries.find(({ body }) => strangers.some((userId) => asksFor(body, userId)));
      if (query === undefined) return;
      const answer = await this.#pump.send(query);
      if (!answer.ok) throw new PreparationError(answer.error.code, "devices");
    }
  }

  /** One claim at a time in the whole account: two would take two one-time keys of the same device. */
  async #claimMissing(whose: () => readonly UserId[]): Promise<void> {
    const turn = this.#claims.then(() => this.#claim(whose()));
    this.#claims = turn.catch(() => undefined);
    return turn;
  }

  async #claim(userIds: readonly UserId[]): Promise<void> {
    const claim = this.#context.machine.getMissingSessions(userIds);
    if (claim === undefined) return;
    const answer = await this.#pump.send(claim);
    if (!answer.ok) throw new PreparationError(answer.error.code, "sessions");
  }

  #requireEncrypted(roomId: RoomId): RoomRecord {
    const room = this.#context.store.rooms.load(roomId);
    if (room === undefined || room.membership !== "join") throw new CodedError("forbidden");
    if (room.algorithm !== MEGOLM_ALGORITHM) throw new CodedError("room-encryption-unsupported");
    return room;
  }
}

const asksFor = (query: JsonObject, userId: UserId): boolean => arrayField(objectField(query, "device_keys") ?? {}, userId) !== undefined;

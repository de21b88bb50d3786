import { CodedError } from "../../../protocol/errors.ts";
import { parseRoomId, parseUserId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import type { VerificationTarget } from "../../../protocol/vault.ts";
import { unreachable } from "../../../protocol/result.ts";
import type { VerificationMethod } from "../../machine/verification/verification-method.ts";
import { stringField } from "../../wire/json.ts";
import type { ClientContext } from "../context.ts";
import type { RequestPump } from "../pump.ts";
import { parseDirectRooms } from "../rooms/direct-rooms.ts";
import type { MemberLoader } from "../rooms/members.ts";
import type { RoomActions } from "../rooms/room-actions.ts";
import { askMachine } from "./machine-errors.ts";
import type { VerificationSender } from "./verification-sender.ts";

export const OUR_METHODS: readonly VerificationMethod[] = ["m.sas.v1", "m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"];

const KEYS_WAIT_MS = 5000;
/** A new account's identity is made right after its first sync. */
const IDENTITY_WAIT_MS = 10_000;

export type VerificationRequestsParts = {
  readonly pump: RequestPump;
  readonly sender: VerificationSender;
  readonly members: MemberLoader;
  readonly rooms: RoomActions;
};

/** Asks others for a verification. All reject with a `CodedError`. */
export class VerificationRequests {
  readonly #context: ClientContext;
  readonly #parts: VerificationRequestsParts;

  constructor(context: ClientContext, parts: VerificationRequestsParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Answers with the flow's id as both sides know it: in a room only once the server has the request. */
  async request(target: VerificationTarget): Promise<string> {
    const { machine, userId: ourselves } = this.#context;
    switch (target.kind) {
      case "own-devices":
        await this.learn(ourselves);
        return this.#byToDevice(() => machine.requestOwnVerification(OUR_METHODS));
      case "device":
        await this.learn(requireUserId(target.userId));
        return this.#byToDevice(() => machine.requestDeviceVerification(target.userId, target.deviceId, OUR_METHODS));
      case "user":
        return this.#inRoom(requireUserId(target.userId), target.roomId);
      default:
        return unreachable(target);
    }
  }

  /** Has the keys of somebody, and ours, as the server has them now: what is verified is what is known when it starts. */
  async learn(userId: UserId): Promise<void> {
    const { machine, userId: ourselves } = this.#context;
    machine.updateTrackedUsers([userId]);
    if (machine.outdatedUsers([userId, ourselves]).length > 0) await this.#parts.pump.settle("keys_query", KEYS_WAIT_MS);
  }

  #byToDevice(request: () => ReturnType<ClientContext["machine"]["requestOwnVerification"]>): string {
    const { flowId, requests } = askMachine(() => this.#context.commit(request));
    this.#parts.sender.send(requests);
    return flowId;
  }

  async #inRoom(userId: UserId, room: string | undefined): Promise<string> {
    const { machine } = this.#context;
    if (userId === this.#context.userId) throw new CodedError("invalid-request");
    await this.#requireIdentity();
    const roomId = room === undefined ? await this.#directRoom(userId) : await this.#sharedRoom(userId, room);
    await this.learn(userId);
    const { flowId, requests } = askMachine(() => this.#context.commit(() => machine.requestUserVerification(userId, roomId, OUR_METHODS)));
    const request = requests.at(-1);
    if (request === undefined) throw new Error("a request in a room is a message");
    this.#parts.sender.send(requests.slice(0, -1));
    const answer = await this.#parts.sender.sendOnce(request);
    if (answer.ok) return stringField(answer.value, "event_id") ?? flowId;
    if (!this.#context.isClosed()) this.#context.commit(() => machine.cancelVerification(userId, flowId));
    throw new CodedError(answer.error.code);
  }

  /** Without the key that signs other people, nothing would come of it. */
  async #requireIdentity(): Promise<void> {
    const deadline = Date.now() + IDENTITY_WAIT_MS;
    while (!this.#context.machine.crossSigningStatus().hasUserSigning) {
      const isElsewhere = this.#context.machine.getIdentity(this.#context.userId) !== undefined;
      if (isElsewhere || Date.now() > deadline) throw new CodedError("identity-missing");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #sharedRoom(userId: UserId, room: string): Promise<RoomId> {
    const roomId = parseRoomId(room);
    if (!roomId.ok || this.#context.store.rooms.load(roomId.value)?.membership !== "join") throw new CodedError("not-found");
    await this.#parts.members.ensure(roomId.value);
    if (!this.#isIn(roomId.value, userId)) throw new CodedError("not-found");
    return roomId.value;
  }

  /** The encrypted direct chat with somebody, best one that they have joined; a new one where there is none. */
  async #directRoom(userId: UserId): Promise<RoomId> {
    const { store } = this.#context;
    const candidates = [...parseDirectRooms(store.accountData.load("m.direct"))].flatMap(([roomId, partner]) => {
      const room = store.rooms.load(roomId);
      return partner === userId && room?.membership === "join" && room.algorithm !== undefined ? [roomId] : [];
    });
    for (const roomId of candidates) await this.#parts.members.ensure(roomId);
    const found =
      candidates.find((roomId) => store.members.load(roomId, userId)?.membership === "join") ??
      candidates.find((roomId) => this.#isIn(roomId, userId));
    if (found !== undefined) return found;
    const roomId = await this.#parts.rooms.create({ encrypted: true, direct: true, preset: "trusted_private_chat", invite: [userId] });
    await this.#parts.members.ensure(roomId);
    return roomId;
  }

  #isIn(roomId: RoomId, userId: UserId): boolean {
    const membership = this.#context.store.members.load(roomId, userId)?.membership;
    return membership === "join" || membership === "invite";
  }
}

function requireUserId(value: string): UserId {
  const userId = parseUserId(value);
  if (!userId.ok) throw new CodedError("invalid-request");
  return userId.value;
}

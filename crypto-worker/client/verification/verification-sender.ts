import { CodedError, type ErrorCode } from "../../../protocol/errors.ts";
import { err, type Result } from "../../../protocol/result.ts";
import { describeError } from "../../log.ts";
import type { OutgoingRequest } from "../../machine/requests/outgoing-request.ts";
import { isJsonObject, objectField, stringField, type JsonObject } from "../../wire/json.ts";
import { backOffMs, type BackOff } from "../back-off.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import { roomPath, segment, type HttpFailure } from "../http.ts";
import type { RoomEncryption } from "../send-queue/room-encryption.ts";
import { codedStoreError } from "../store-errors.ts";

const BACK_OFF: BackOff = { firstMs: 500, maxMs: 15_000 };
/** Codes of an encryption that fails in the same way every time. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set(["forbidden", "not-found", "too-large", "room-encryption-unsupported"]);

type Answer = Result<JsonObject, HttpFailure>;
type Entry = {
  readonly request: OutgoingRequest;
  /** One attempt only: a person waits for it and is told that it failed. */
  readonly once: boolean;
  readonly settle: (answer: Answer) => void;
  /** What an encrypted room is sent; made once, as every attempt must carry the same bytes. */
  ciphertext: string | undefined;
};
type Lane = { readonly entries: Entry[]; running: boolean; failures: number; timer: NodeJS.Timeout | undefined };

/** Messages whose order matters: a MAC that overtakes its key would end the verification. */
export function isOfVerification({ kind, path }: OutgoingRequest): boolean {
  return kind === "room_message" || (kind === "to_device" && path.includes("/sendToDevice/m.key.verification."));
}

/**
 * Sends what verifications have to say: one after the other in each room and to each person, encrypted where the room is, and again until the server has it.
 * `onRefused` is told the flow of a message that the server will never take.
 */
export class VerificationSender {
  readonly #context: ClientContext;
  readonly #encryption: RoomEncryption;
  readonly #onSent: () => void;
  readonly #onRefused: (flowId: string) => void;
  readonly #lanes = new Map<string, Lane>();
  readonly #waiting = new Set<string>();
  #online = true;
  #stopped = false;

  constructor(
    context: ClientContext,
    encryption: RoomEncryption,
    { onSent, onRefused }: { readonly onSent: () => void; readonly onRefused: (flowId: string) => void },
  ) {
    this.#context = context;
    this.#encryption = encryption;
    this.#onSent = onSent;
    this.#onRefused = onRefused;
  }

  /** Takes requests over, in order. Those that are here already are left as they are. */
  send(requests: readonly OutgoingRequest[]): void {
    for (const request of requests) this.#enqueue(request, false, () => undefined);
  }

  /** One attempt of a request that nothing depends on yet. */
  sendOnce(request: OutgoingRequest): Promise<Answer> {
    return new Promise((resolve) => this.#enqueue(request, true, resolve));
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) return;
    for (const [key, lane] of this.#lanes) {
      lane.failures = 0;
      this.#wake(key, lane);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) {
      clearTimeout(lane.timer);
      for (const { settle } of lane.entries) settle(err({ code: "cancelled", errcode: undefined, permanent: false }));
    }
  }

  #enqueue(request: OutgoingRequest, once: boolean, settle: (answer: Answer) => void): void {
    if (this.#waiting.has(request.id)) return;
    this.#waiting.add(request.id);
    const key = laneOf(request);
    const lane = this.#lanes.get(key) ?? { entries: [], running: false, failures: 0, timer: undefined };
    this.#lanes.set(key, lane);
    lane.entries.push({ request, once, settle, ciphertext: undefined });
    // Somebody waits for this one: what failed before it is tried again now.
    if (once || lane.timer === undefined) this.#wake(key, lane);
  }

  #wake(key: string, lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    if (lane.running || this.#stopped) return;
    lane.running = true;
    inBackground(this.#context, this.#run(key, lane));
  }

  async #run(key: string, lane: Lane): Promise<void> {
    try {
      // Later than the transaction in which the request was made: only what is committed leaves.
      await Promise.resolve();
      for (;;) {
        const entry = lane.entries[0];
        if (entry === undefined || this.#stopped) break;
        const answer = this.#online || entry.once ? await this.#attempt(entry) : offline;
        if (this.#stopped) return;
        if (!answer.ok && !answer.error.permanent && !entry.once) {
          // Whoever waits behind it is told now.
          for (const next of lane.entries.filter(({ once }) => once)) this.#finish(lane, next, answer);
          return this.#delay(key, lane);
        }
        lane.failures = 0;
        this.#finish(lane, entry, answer);
      }
      this.#lanes.delete(key);
    } finally {
      lane.running = false;
    }
  }

  #finish(lane: Lane, entry: Entry, answer: Answer): void {
    const { request, settle } = entry;
    lane.entries.splice(lane.entries.indexOf(entry), 1);
    this.#waiting.delete(request.id);
    settle(answer);
    if (answer.ok) return this.#onSent();
    this.#context.log.warn("request.failed", { kind: request.kind, code: answer.error.code });
    // Off the machine's list: it would hand out for ever what nobody will take.
    this.#context.commit(() => this.#context.machine.markRequestAsSent(request.id, {}));
    const flowId = flowOf(request);
    if (flowId !== undefined) this.#onRefused(flowId);
  }

  #delay(key: string, lane: Lane): void {
    const delayMs = backOffMs(BACK_OFF, lane.failures);
    lane.failures += 1;
    lane.timer = setTimeout(() => this.#wake(key, lane), delayMs);
    lane.timer.unref();
  }

  async #attempt(entry: Entry): Promise<Answer> {
    const { context, request } = { context: this.#context, request: entry.request };
    try {
      const answer =
        request.room === undefined ? await this.#put(request.path, request, undefined) : await this.#sendInRoom(entry, request.room);
      if (!answer.ok || this.#stopped) return answer;
      context.commit((changes) => {
        const { changedUsers } = context.machine.markRequestAsSent(request.id, answer.value);
        for (const userId of changedUsers) changes.deviceOwners.add(userId);
      });
      return answer;
    } catch (thrown) {
      const error = codedStoreError(thrown);
      if (error instanceof CodedError) return err({ code: error.code, errcode: undefined, permanent: PERMANENT.has(error.code) });
      if (!context.isClosed()) context.log.error("bug", { kind: request.kind, ...describeError(error) });
      return err({ code: "internal", errcode: undefined, permanent: true });
    }
  }

  async #sendInRoom(entry: Entry, { roomId, eventType }: NonNullable<OutgoingRequest["room"]>): Promise<Answer> {
    const { store, machine } = this.#context;
    const { id, body } = entry.request;
    if (store.rooms.load(roomId)?.membership !== "join") return err({ code: "forbidden", errcode: undefined, permanent: true });
    if (store.rooms.load(roomId)?.algorithm !== undefined) {
      entry.ciphertext ??= await this.#encryption.whenReady(
        roomId,
        () => this.#context.commit(() => JSON.stringify(machine.encryptRoomEvent(roomId, eventType, body))),
        "anyone",
      );
    }
    // The room may have become encrypted since it was looked at.
    if (entry.ciphertext === undefined && store.rooms.load(roomId)?.algorithm !== undefined)
      return this.#sendInRoom(entry, { roomId, eventType });
    const type = entry.ciphertext === undefined ? eventType : "m.room.encrypted";
    return this.#put(roomPath(roomId, `send/${segment(type)}/${segment(id)}`), entry.request, entry.ciphertext);
  }

  #put(path: string, { kind, method, body }: OutgoingRequest, ciphertext: string | undefined): Promise<Answer> {
    return this.#context.http.json({
      kind,
      method,
      path,
      ...(ciphertext === undefined ? { body } : { bodyText: ciphertext }),
      retry: "safe",
    });
  }
}

const offline: Answer = err({ code: "offline", errcode: undefined, permanent: false });

/** A room, or the person that a to-device message goes to. */
function laneOf({ room, body }: OutgoingRequest): string {
  return room?.roomId ?? Object.keys(objectField(body, "messages") ?? {})[0] ?? "";
}

/** What both sides call the verification that a message belongs to; a request in a room has no name yet. */
function flowOf({ room, body }: OutgoingRequest): string | undefined {
  if (room !== undefined) return stringField(objectField(body, "m.relates_to") ?? {}, "event_id");
  for (const devices of Object.values(objectField(body, "messages") ?? {})) {
    for (const content of isJsonObject(devices) ? Object.values(devices) : []) {
      if (isJsonObject(content)) return stringField(content, "transaction_id");
    }
  }
  return undefined;
}

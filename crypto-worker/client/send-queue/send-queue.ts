import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { CodedError, type ErrorCode } from "../../../protocol/errors.ts";
import { parseEventId, parseTransactionId, type EventId, type RoomId, type TransactionId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { describeError } from "../../log.ts";
import { encodeBase64Url } from "../../primitives/base64.ts";
import type { NewAttachment } from "../../store/tables/outgoing-attachments.ts";
import type { QueuedEvent, ToleratedDevice } from "../../store/tables/send-queue.ts";
import { stringField, type JsonObject } from "../../wire/json.ts";
import { beginInBackground } from "../background.ts";
import type { Changes } from "../changes.ts";
import type { ClientContext } from "../context.ts";
import { roomPath, segment, type HttpFailure } from "../http.ts";
import type { AttachmentUploads } from "../media/attachment-uploads.ts";
import { codedStoreError } from "../store-errors.ts";
import { sharingProblem } from "../room-safety.ts";
import { isPollEnd, isPollResponse } from "../timeline/poll-content.ts";
import { FileHolds } from "./file-holds.ts";
import { preparations, PreparationError, type RoomEncryption } from "./room-encryption.ts";
import { RoomLoops, type Step } from "./room-loops.ts";

export type Outgoing = {
  readonly roomId: RoomId;
  readonly type: string;
  readonly content: JsonObject;
  /** For what is about another event and has no item of its own. */
  readonly target?: EventId;
  /** Files that belong to it; they are uploaded before it is sent. */
  readonly attachments?: readonly NewAttachment[];
};

type Outcome = ResultOf<ChatContract["outcome"]>;
type Attempt<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "refused"; readonly code: ErrorCode }
  /** `progress`: how far it got. */
  | { readonly kind: "later"; readonly progress: number };

const MAX_REMEMBERED = 500;
/** Reasons that a person takes away by deciding about somebody. */
const UNSIGNED: ErrorCode = "verified-user-unsigned-device";
const TRUST_CODES: readonly ErrorCode[] = ["verified-identity-changed", UNSIGNED];
/** All is prepared, and the event itself was on its way. */
const SENDING = preparations.length;
const isShownByEffect = (type: string): boolean => SHOWN_BY_EFFECT.has(type) || isPollResponse(type) || isPollEnd(type);
const SHOWN_BY_EFFECT: ReadonlySet<string> = new Set(["m.reaction", "m.room.redaction"]);
const NOT_IN_ROOM: HttpFailure = { code: "forbidden", errcode: undefined, permanent: true };
/** Reasons that another attempt by itself would not change. */
const PERMANENT: ReadonlySet<ErrorCode> = new Set([
  "forbidden",
  "too-large",
  "not-found",
  "invalid-request",
  "room-encryption-unsupported",
  "user-deactivated",
  "unsupported",
  ...TRUST_CODES,
]);

/**
 * The durable send queue: a row an event, in order within a room, the same transaction id for every attempt. What is to be encrypted is
 * encrypted when its turn comes; ratchet and ciphertext are one commit, and from then on the same bytes are sent, also after a crash.
 * Files are brought to the server beside the events, in an order of their own; what takes long there is passed by what was written after it.
 */
export class SendQueue {
  readonly #context: ClientContext;
  readonly #encryption: RoomEncryption;
  readonly #uploads: AttachmentUploads;
  /** Messages whose files are on their way: they can be stopped. */
  readonly #uploading = new Map<string, AbortController>();
  readonly #inFlight = new Set<string>();
  readonly #events: RoomLoops;
  readonly #files: RoomLoops;
  readonly #holds: FileHolds;
  /** The newest events that the server has accepted. */
  readonly #accepted = new Map<string, EventId>();
  #stopped = false;

  constructor(context: ClientContext, encryption: RoomEncryption, uploads: AttachmentUploads) {
    this.#context = context;
    this.#uploads = uploads;
    this.#encryption = encryption;
    this.#events = new RoomLoops(context, (roomId) => this.#sendNext(roomId));
    this.#files = new RoomLoops(context, (roomId) => this.#uploadNext(roomId));
    this.#holds = new FileHolds((roomId) => this.#events.wake(roomId));
  }

  /** Puts an event on disk and starts sending. Answers with the id of its local echo. */
  enqueue({ roomId, type, content, target, attachments = [] }: Outgoing): string {
    const { store, env } = this.#context;
    const transactionId = newTransactionId(env.randomBytes(18));
    const itemId = `~${transactionId}`;
    this.#context.commit((changes) => {
      store.sendQueue.add({ roomId, itemId, transactionId, type, content, target, createdAt: env.now() });
      for (const attachment of attachments) store.outgoingAttachments.add(itemId, attachment);
      if (target === undefined) changes.touchQueued(roomId, itemId);
      else this.#touchTarget(changes, roomId, target);
      // The page empties its composer once this is answered.
      store.requireDurability();
    });
    this.wake(roomId);
    return itemId;
  }

  /** What became of an event; `unknown` once the server has given it back and it is long ago. */
  outcome(roomId: RoomId, itemId: string): Outcome {
    const entry = this.#context.store.sendQueue.byItem(itemId);
    if (entry !== undefined && entry.roomId === roomId)
      return { state: entry.state, eventId: entry.eventId ?? null, error: entry.error ?? null };
    const eventId = this.#accepted.get(itemId);
    return eventId === undefined ? { state: "unknown", eventId: null, error: null } : { state: "sent", eventId, error: null };
  }

  isSending(itemId: string): boolean {
    return this.#inFlight.has(itemId);
  }

  /** Tries again, by hand, what the server refused. */
  retry(roomId: RoomId, itemId: string): void {
    const entry = this.#require(roomId, itemId);
    if (entry.state === "failed") this.#change(entry, () => this.#context.store.sendQueue.requeue(entry.itemId));
    this.#forgetDelay(roomId);
    this.wake(roomId);
  }

  /**
   * Tries once more what is held back for devices that their verified owner has not signed, although these would read it. It is said of this event alone,
   * and holds for no other device.
   */
  sendAnyway(roomId: RoomId, itemId: string, devices: readonly ToleratedDevice[]): void {
    const entry = this.#require(roomId, itemId);
    if (entry.state !== "failed" || entry.error !== UNSIGNED) throw new CodedError("conflict");
    this.#context.store.transaction(() => this.#context.store.sendQueue.tolerate(entry.itemId, devices));
    this.retry(roomId, entry.itemId);
  }

  /** Takes back what is not on its way; a message whose files are is stopped. */
  cancel(roomId: RoomId, itemId: string): void {
    const entry = this.#require(roomId, itemId);
    const uploading = this.#uploading.get(entry.itemId);
    if ((this.#inFlight.has(entry.itemId) && uploading === undefined) || entry.state === "sent") throw new CodedError("conflict");
    const parts = this.#uploads.parts(entry.itemId);
    this.#context.commit((changes) => {
      this.#context.store.sendQueue.remove(entry.itemId);
      changes.timeline(roomId).removals.add(entry.itemId);
      changes.rooms.add(roomId);
      if (entry.target !== undefined) this.#touchTarget(changes, roomId, entry.target);
    });
    uploading?.abort();
    this.#uploads.forget(parts);
  }

  /** To be told of every commit. Who was decided about may be whom messages wait for. */
  observe(changes: Changes): void {
    if (changes.deviceOwners.size === 0 || this.#stopped) return;
    // After the transaction that this is the end of.
    beginInBackground(this.#context, () => this.#reviewTrust());
  }

  setOnline(online: boolean): void {
    this.#events.setOnline(online);
    this.#files.setOnline(online);
    if (online) this.wakeAll();
  }

  wakeAll(): void {
    this.#reviewTrust();
    for (const roomId of this.#context.store.sendQueue.roomsWaiting()) this.wake(roomId);
  }

  wake(roomId: RoomId): void {
    this.#events.wake(roomId);
    this.#files.wake(roomId);
  }

  stop(): void {
    this.#stopped = true;
    for (const uploading of this.#uploading.values()) uploading.abort();
    this.#events.stop();
    this.#files.stop();
    this.#holds.stop();
  }

  /** What failed for want of a decision is queued again, in its old order, once nothing stands against it any more. */
  #reviewTrust(): void {
    if (this.#stopped) return;
    const { store } = this.#context;
    const kept = Map.groupBy(store.sendQueue.failedWith(TRUST_CODES), ({ roomId }) => roomId);
    for (const [roomId, entries] of kept) {
      if (sharingProblem(this.#context, roomId) !== undefined) continue;
      this.#context.commit((changes) => {
        for (const entry of entries) {
          store.sendQueue.requeue(entry.itemId);
          this.#touch(changes, entry);
        }
      });
      this.#forgetDelay(roomId);
      this.wake(roomId);
    }
  }

  async #sendNext(roomId: RoomId): Promise<Step> {
    const entry = this.#nextEvent(roomId);
    if (entry === undefined) return "nothing-to-do";
    const parts = this.#uploads.parts(entry.itemId);
    const attempt = await this.#attempt(entry, async () => {
      const answer = await this.#send(entry);
      if (!answer.ok) return answer;
      const eventId = parseEventId(stringField(answer.value, "event_id"));
      return eventId.ok ? eventId : err({ code: "server-garbage", errcode: undefined, permanent: false });
    });
    if (this.#stopped) return "nothing-to-do";
    if (attempt.kind !== "done") return this.#fail(entry, attempt);
    this.#finish(entry, attempt.value);
    this.#uploads.forget(parts);
    return "done";
  }

  async #uploadNext(roomId: RoomId): Promise<Step> {
    const [entry] = this.#uploads.waiting(roomId);
    if (entry === undefined) return "nothing-to-do";
    this.#holds.begin(roomId, entry.itemId);
    const attempt = await this.#attempt(entry, () => this.#upload(entry));
    if (this.#stopped) return "nothing-to-do";
    const step = attempt.kind === "done" ? "done" : this.#fail(entry, attempt);
    if (step === "done") this.#events.wake(roomId);
    return step;
  }

  /** The first whose files are there, if it has any. Those before it have been waited for, or it was written first. */
  #nextEvent(roomId: RoomId): QueuedEvent | undefined {
    const { sendQueue } = this.#context.store;
    const waiting = this.#uploads.waiting(roomId);
    const [first] = waiting;
    if (first === undefined) {
      this.#holds.end(roomId);
      return sendQueue.next(roomId);
    }
    this.#files.wake(roomId);
    const next = sendQueue.next(
      roomId,
      waiting.map(({ itemId }) => itemId),
    );
    return next === undefined || next.id < first.id || this.#holds.isPassed(roomId) ? next : undefined;
  }

  async #attempt<T>(entry: QueuedEvent, work: () => Promise<Result<T, HttpFailure>>): Promise<Attempt<T>> {
    this.#inFlight.add(entry.itemId);
    try {
      this.#change(entry, () => undefined);
      const answer = await work();
      if (answer.ok) return { kind: "done", value: answer.value };
      this.#context.log.warn("send.failed", { code: answer.error.code });
      return answer.error.permanent ? { kind: "refused", code: answer.error.code } : { kind: "later", progress: SENDING };
    } catch (thrown) {
      const progress = thrown instanceof PreparationError ? preparations.indexOf(thrown.at) : 0;
      if (this.#stopped) return { kind: "later", progress };
      const error = codedStoreError(thrown);
      const code = error instanceof CodedError ? error.code : "encryption-failed";
      if (error instanceof CodedError) this.#context.log.warn("send.failed", { code });
      else this.#context.log.error("bug", describeError(error));
      const permanent = error instanceof CodedError ? PERMANENT.has(code) : true;
      return permanent ? { kind: "refused", code } : { kind: "later", progress };
    } finally {
      this.#inFlight.delete(entry.itemId);
    }
  }

  async #send(entry: QueuedEvent): Promise<Result<JsonObject, HttpFailure>> {
    const { store, http } = this.#context;
    const room = store.rooms.load(entry.roomId);
    if (room?.membership !== "join") return err(NOT_IN_ROOM);
    if (entry.type === "m.room.redaction") {
      if (entry.target === undefined) return err({ code: "invalid-request", errcode: undefined, permanent: true });
      const path = roomPath(entry.roomId, `redact/${segment(entry.target)}/${segment(entry.transactionId)}`);
      // The server has to act on a redaction, so it cannot be encrypted; what was written as its reason stays out of encrypted rooms.
      return http.json({ kind: "room", method: "PUT", path, body: room.algorithm === undefined ? entry.content : {} });
    }
    const encrypted = room.algorithm === undefined ? ok(undefined) : await this.#encrypt(entry);
    if (!encrypted.ok) return encrypted;
    // No wait lies between this look at the latch and the sending: once a room is known to be encrypted nothing goes into it in clear.
    if (encrypted.value === undefined && store.rooms.load(entry.roomId)?.algorithm !== undefined) {
      return err({ code: "cancelled", errcode: undefined, permanent: false });
    }
    const type = encrypted.value === undefined ? entry.type : "m.room.encrypted";
    const path = roomPath(entry.roomId, `send/${segment(type)}/${segment(entry.transactionId)}`);
    return http.json({
      kind: "room",
      method: "PUT",
      path,
      bodyText: encrypted.value ?? JSON.stringify(this.#uploads.contentOf(entry, false)),
    });
  }

  /** Brings the files of a message to the server, once nothing else stands in its way. */
  async #upload(entry: QueuedEvent): Promise<Result<void, HttpFailure>> {
    const room = this.#context.store.rooms.load(entry.roomId);
    if (room?.membership !== "join") return err(NOT_IN_ROOM);
    const encrypted = room.algorithm !== undefined;
    const controller = new AbortController();
    this.#uploading.set(entry.itemId, controller);
    try {
      if (encrypted) await this.#encryption.whenReady(entry.roomId, () => undefined, entry.tolerated);
      if (controller.signal.aborted) return err({ code: "cancelled", errcode: undefined, permanent: false });
      return await this.#uploads.upload(entry, encrypted, controller.signal);
    } finally {
      this.#uploading.delete(entry.itemId);
    }
  }

  async #encrypt(entry: QueuedEvent): Promise<Result<string, never>> {
    if (entry.ciphertext !== undefined) return ok(entry.ciphertext);
    const { machine, store } = this.#context;
    const encrypt = (): Result<string, never> =>
      this.#context.commit(() => {
        const text = JSON.stringify(machine.encryptRoomEvent(entry.roomId, entry.type, this.#uploads.contentOf(entry, true)));
        store.sendQueue.setCiphertext(entry.itemId, text);
        return ok(text);
      });
    return this.#encryption.whenReady(entry.roomId, encrypt, entry.tolerated);
  }

  #fail(entry: QueuedEvent, attempt: Exclude<Attempt<never>, { kind: "done" }>): Step {
    const { sendQueue } = this.#context.store;
    // It was taken back while its files were on their way, or a sync has brought it.
    if (sendQueue.byItem(entry.itemId) === undefined) return "done";
    this.#change(entry, () => {
      if (attempt.kind === "later") return;
      // A reaction, a redaction or a vote has no place to say that it failed: it is seen not to have happened.
      if (isShownByEffect(entry.type)) sendQueue.remove(entry.itemId);
      else sendQueue.setFailed(entry.itemId, attempt.code);
    });
    return attempt.kind === "later" ? { progress: attempt.progress } : "done";
  }

  #finish(entry: QueuedEvent, eventId: EventId): void {
    const { store } = this.#context;
    this.#context.commit((changes) => {
      if (store.sendQueue.byItem(entry.itemId) === undefined) return;
      this.#touch(changes, entry);
      const arrived = store.events.load(entry.roomId, eventId);
      if (arrived === undefined) return store.sendQueue.setSent(entry.itemId, eventId);
      // The sync was faster than this answer and did not carry our transaction id: the event takes over the echo's identity now.
      store.sendQueue.remove(entry.itemId);
      if (entry.target !== undefined) return;
      store.events.setItemId(arrived.row, entry.itemId);
      changes.timeline(entry.roomId).removals.add(arrived.itemId);
      changes.touch(entry.roomId, arrived.eventId);
    });
    this.#context.log.info("send.accepted");
    this.#accepted.set(entry.itemId, eventId);
    for (const oldest of this.#accepted.keys()) {
      if (this.#accepted.size <= MAX_REMEMBERED) break;
      this.#accepted.delete(oldest);
    }
  }

  #forgetDelay(roomId: RoomId): void {
    this.#events.forgetDelay(roomId);
    this.#files.forgetDelay(roomId);
  }

  #change(entry: QueuedEvent, write: () => void): void {
    this.#context.commit((changes) => {
      write();
      this.#touch(changes, entry);
    });
  }

  #touch(changes: Changes, entry: QueuedEvent): void {
    if (entry.target === undefined) changes.touchQueued(entry.roomId, entry.itemId);
    else this.#touchTarget(changes, entry.roomId, entry.target);
  }

  /** Taking back a reaction changes the item that it was about. */
  #touchTarget(changes: Changes, roomId: RoomId, target: EventId): void {
    changes.touch(roomId, target);
    const relatesTo = this.#context.store.events.load(roomId, target)?.relatesTo;
    if (relatesTo !== undefined) changes.touch(roomId, relatesTo);
  }

  #require(roomId: RoomId, itemId: string): QueuedEvent {
    const { sendQueue, events } = this.#context.store;
    // An edit is shown on the item that it changes, so that item's id names it too.
    const isAbout = ({ target }: QueuedEvent): boolean => target !== undefined && events.load(roomId, target)?.itemId === itemId;
    const entry = sendQueue.byItem(itemId) ?? sendQueue.inRoom(roomId).findLast(isAbout);
    if (entry === undefined || entry.roomId !== roomId) throw new CodedError("not-found");
    return entry;
  }
}

function newTransactionId(random: Uint8Array): TransactionId {
  const id = parseTransactionId(`m${encodeBase64Url(random)}`);
  if (!id.ok) throw new Error("a random transaction id must be one");
  return id.value;
}

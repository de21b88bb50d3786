import type { ChatContract } from "../../../protocol/chat.ts";
import type { ParamsOf } from "../../../protocol/define.ts";
import { CodedError } from "../../../protocol/errors.ts";
import { parseEventId, parseUserId, type EventId, type RoomId, type UserId } from "../../../protocol/ids.ts";
import { MEGOLM_ALGORITHM } from "../../wire/algorithms.ts";
import type { NewAttachment } from "../../store/tables/outgoing-attachments.ts";
import { arrayField, objectField, type JsonObject } from "../../wire/json.ts";
import { inBackground } from "../background.ts";
import type { ClientContext } from "../context.ts";
import type { EventRecord } from "../../store/tables/events.ts";
import { messageText } from "../timeline/message-text.ts";
import { effectiveContent } from "../timeline/search-text.ts";
import { ANNOTATION, annotationKey } from "../timeline/relation.ts";
import { composeAttachment, composeEdit, composeMessage, composeReaction, type Composition } from "./compose.ts";
import { composeForward } from "./forward.ts";
import type { MentionTexts } from "./markdown.ts";
import type { RoomEncryption } from "./room-encryption.ts";
import type { SendQueue } from "./send-queue.ts";

type Addressed = Pick<ParamsOf<ChatContract["send"]>, "relation" | "mentions">;
type OutgoingFile = Addressed & {
  readonly caption: string | null;
  readonly content: JsonObject;
  readonly attachments: readonly NewAttachment[];
};

type Addressees = Pick<Composition, "mentions" | "mentioned" | "replyTo">;

/** Turns what a person does in a timeline into events of the send queue. */
export class Composer {
  readonly #context: ClientContext;
  readonly #queue: SendQueue;
  readonly #encryption: RoomEncryption;

  constructor(context: ClientContext, queue: SendQueue, encryption: RoomEncryption) {
    this.#context = context;
    this.#queue = queue;
    this.#encryption = encryption;
  }

  /** Answers once the message is on disk. */
  send(roomId: RoomId, { msgtype, markdown, relation, mentions }: Omit<ParamsOf<ChatContract["send"]>, "roomId">): string {
    this.requireWritable(roomId);
    const content = composeMessage({ msgtype, markdown, ...this.#addressees(roomId, relation, mentions) });
    return this.#queue.enqueue({ roomId, type: "m.room.message", content });
  }

  /** The same for a file: `content` says what it is, `attachments` where it waits. */
  sendAttachment(roomId: RoomId, { caption, relation, mentions, content, attachments }: OutgoingFile): string {
    this.requireWritable(roomId);
    const message = composeAttachment(content, { caption, ...this.#addressees(roomId, relation, mentions) });
    return this.#queue.enqueue({ roomId, type: "m.room.message", content: message, attachments });
  }

  #addressees(roomId: RoomId, relation: Addressed["relation"], mentions: Addressed["mentions"]): Addressees {
    const replyTo = relation.replyTo === undefined ? undefined : requireEventId(relation.replyTo);
    const answered = replyTo === undefined ? undefined : this.#context.store.events.load(roomId, replyTo);
    // Who is answered is mentioned (spec, "Rich replies"); nobody mentions themselves.
    const people = [...mentions, ...(answered === undefined ? [] : [answered.sender])]
      .map(parseUserId)
      .flatMap((user) => (user.ok && user.value !== this.#context.userId ? [user.value] : []));
    return { mentions: people, mentioned: this.#mentioned(roomId, people), ...(replyTo === undefined ? {} : { replyTo }) };
  }

  /** As the page writes them: the name that a person chose, else the first part of their user name. */
  #mentioned(roomId: RoomId, people: readonly UserId[]): MentionTexts {
    const { members } = this.#context.store;
    return new Map(
      people.map((userId) => [`@${members.load(roomId, userId)?.displayName ?? userId.slice(1, userId.indexOf(":"))}`, userId]),
    );
  }

  edit(roomId: RoomId, event: string, markdown: string): string {
    this.requireWritable(roomId);
    const original = this.#require(roomId, event);
    const text = original.type === "m.room.message" ? messageText(original.content) : undefined;
    if (original.sender !== this.#context.userId || original.redactedBy !== undefined || text?.kind !== "message")
      throw new CodedError("forbidden");
    const mentioned = arrayField(objectField(original.content, "m.mentions") ?? {}, "user_ids") ?? [];
    const mentions = mentioned.map(parseUserId).flatMap((user) => (user.ok ? [user.value] : []));
    const composition = { msgtype: text.msgtype, markdown, mentions, mentioned: this.#mentioned(roomId, mentions) };
    const content = composeEdit(original.eventId, composition);
    return this.#queue.enqueue({ roomId, type: "m.room.message", content, target: original.eventId });
  }

  /** Sends what a message says to another room, as a message of ours. */
  forward(roomId: RoomId, event: string, toRoomId: RoomId): string {
    this.requireWritable(toRoomId);
    const { store } = this.#context;
    const original = this.#require(roomId, event);
    if (original.redactedBy !== undefined || original.utdCode !== undefined || original.stateKey !== undefined)
      throw new CodedError("unsupported");
    const content = composeForward(original.type, effectiveContent(original, store.events.related(roomId, original.eventId)), {
      fromEncrypted: original.source !== undefined,
      toEncrypted: store.rooms.load(toRoomId)?.algorithm !== undefined,
    });
    if (content === undefined) throw new CodedError("unsupported");
    return this.#queue.enqueue({ roomId: toRoomId, type: "m.room.message", content });
  }

  /** A key that we have used already is not sent again. */
  react(roomId: RoomId, event: string, key: string): void {
    this.requireWritable(roomId);
    const target = this.#require(roomId, event);
    const { store, userId } = this.#context;
    const sent = store.events
      .related(roomId, target.eventId)
      .some(
        (other) =>
          other.relation === ANNOTATION &&
          other.sender === userId &&
          other.redactedBy === undefined &&
          annotationKey(other.content) === key,
      );
    const queued = store.sendQueue
      .aboutEvent(roomId, target.eventId)
      .some((entry) => entry.type === "m.reaction" && annotationKey(entry.content) === key);
    if (sent || queued) return;
    this.#queue.enqueue({ roomId, type: "m.reaction", content: composeReaction(target.eventId, key), target: target.eventId });
  }

  redact(roomId: RoomId, event: string, reason: string | undefined): void {
    this.requireWritable(roomId);
    const target = this.#require(roomId, event);
    if (target.redactedBy !== undefined) return;
    this.#queue.enqueue({ roomId, type: "m.room.redaction", content: reason === undefined ? {} : { reason }, target: target.eventId });
  }

  /** Somebody has begun to type: the keys are shared while they do, so that the message itself goes at once. */
  prepare(roomId: RoomId): void {
    const room = this.#context.store.rooms.load(roomId);
    if (room?.membership !== "join" || room.algorithm !== MEGOLM_ALGORITHM) return;
    inBackground(
      this.#context,
      this.#encryption.whenReady(roomId, () => undefined),
    );
  }

  /** Throws where nothing can be sent to a room. */
  requireWritable(roomId: RoomId): void {
    const room = this.#context.store.rooms.load(roomId);
    if (room === undefined) throw new CodedError("not-found");
    if (room.membership !== "join") throw new CodedError("forbidden");
    if (room.algorithm !== undefined && room.algorithm !== MEGOLM_ALGORITHM) throw new CodedError("room-encryption-unsupported");
  }

  #require(roomId: RoomId, event: string): EventRecord {
    const record = this.#context.store.events.load(roomId, requireEventId(event));
    if (record === undefined) throw new CodedError("not-found");
    return record;
  }
}

function requireEventId(value: string): EventId {
  const eventId = parseEventId(value);
  if (!eventId.ok) throw new CodedError("invalid-request");
  return eventId.value;
}

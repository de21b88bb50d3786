import { z } from "zod";
import { chatEvents } from "./chat-events.ts";
import { call } from "./define.ts";
import { accountSchema, encryptionStatusSchema, precautionsSchema, statusSchema } from "./messages/own-account.ts";
import { deviceSchema } from "./messages/device.ts";
import { draftSchema, keptDraftSchema } from "./messages/draft.ts";
import { emojiSchema, RECENT_EMOJI } from "./messages/emoji.ts";
import { roomAliasSchema, viaSchema } from "./matrix-link.ts";
import { mediaKindSchema, pieceSchema, pixelsSchema, thumbnailSchema } from "./messages/media.ts";
import { newPollSchema, pollChoiceSchema } from "./messages/poll.ts";
import { MAX_PINS, pinsSchema } from "./messages/pins.ts";
import { memberSchema, roomNotifySchema, roomSummarySchema } from "./messages/room-summary.ts";
import { safetySchema } from "./messages/safety.ts";
import { timelineItemSchema } from "./messages/timeline-item.ts";
import {
  bodySchema,
  bytesSchema,
  countSchema,
  eventIdSchema,
  idSchema,
  millisSchema,
  mxcSchema,
  nameSchema,
  roomIdSchema,
  userIdSchema,
} from "./messages/text.ts";

const nothing = z.strictObject({});

const relationSchema = z.strictObject({
  /** Only what a page may relate to; anything else has a verb of its own. */
  replyTo: eventIdSchema.optional(),
});

const unsignedDevicesSchema = z.array(z.strictObject({ userId: userIdSchema, deviceIds: z.array(idSchema).min(1).max(100) })).max(1000);

/**
 * The chat window's whole power over the worker. It reads plaintext and public device data and acts in rooms. It holds no verb that
 * confirms a verification, shows or takes a recovery key, exports keys, or resets an identity: those are the vault's (`vault.ts`).
 */
export const chatContract = {
  account: call("public", nothing, accountSchema),
  status: call("public", nothing, statusSchema),
  encryptionStatus: call("public", nothing, encryptionStatusSchema),

  /** How well this account's keys are looked after, and which requests wait for the vault. */
  safety: call("public", nothing, safetySchema),
  /** Who in an encrypted room is not who they were, and whether all are verified. */
  roomSafety: call(
    "public",
    z.strictObject({ roomId: roomIdSchema }),
    z.strictObject({
      everyoneVerified: z.boolean(),
      /** People whose identity changed: nothing is sent to a `was-verified` one before a person has decided. */
      changed: z.array(z.strictObject({ userId: userIdSchema, problem: z.enum(["new-identity", "was-verified"]) })).max(1000),
      /** Verified people with a device that their identity does not vouch for: it gets no keys before a person has decided. */
      unsignedDevices: unsignedDevicesSchema,
      /** Whether the room's keys go to verified devices only: for its own sake, or because all rooms' do. Then no device is reported as unsigned. */
      onlyVerified: z.strictObject({ here: z.boolean(), everywhere: z.boolean() }),
      /** Who cannot read where keys go to verified devices only, on all of their devices or on some; ourselves among them. */
      leftOut: z.array(z.strictObject({ userId: userIdSchema, devices: z.enum(["all", "some"]) })).max(1000),
    }),
  ),
  /** What a person may ask for beyond the rules that always hold. Whatever is set here, nothing goes to who was verified and has changed. */
  precautions: call("public", nothing, precautionsSchema),
  changePrecautions: call("public", precautionsSchema.partial(), precautionsSchema),
  setRoomPrecautions: call("public", z.strictObject({ roomId: roomIdSchema, onlyVerified: z.boolean() }), nothing),
  /** What would be lost with this device's keys if it were signed out now. */
  signOutRisk: call(
    "public",
    nothing,
    z.strictObject({
      roomKeys: countSchema,
      /** Room keys that are in no backup. */
      notBackedUp: countSchema,
      /** No other verified device and no recovery: the identity goes with this device. */
      losesIdentity: z.boolean(),
      /** Messages that have not been sent. */
      unsent: countSchema,
    }),
  ),

  rooms: call("plaintext", nothing, z.array(roomSummarySchema).max(20_000)),
  room: call(
    "plaintext",
    z.strictObject({ roomId: roomIdSchema }),
    z.strictObject({
      summary: roomSummarySchema,
      canonicalAlias: z.string().max(255).nullable(),
      joinRule: z.string().max(64),
      historyVisibility: z.enum(["world_readable", "shared", "invited", "joined"]),
      rotationPeriodMs: countSchema.nullable(),
      rotationPeriodMsgs: countSchema.nullable(),
      version: z.string().max(64).nullable(),
      can: z.strictObject({
        send: z.boolean(),
        invite: z.boolean(),
        kick: z.boolean(),
        ban: z.boolean(),
        redactOthers: z.boolean(),
        rename: z.boolean(),
        pin: z.boolean(),
      }),
      /** Ids of the pinned messages, the newest first. */
      pinned: z.array(eventIdSchema).max(MAX_PINS),
    }),
  ),
  members: call("plaintext", z.strictObject({ roomId: roomIdSchema }), z.array(memberSchema).max(50_000)),

  /** The newest items of a room, oldest first, from the store; from then on the port gets `timeline` events for this room until `closeTimeline`. */
  openTimeline: call(
    "plaintext",
    z.strictObject({ roomId: roomIdSchema, limit: z.int().min(1).max(200) }),
    z.strictObject({
      items: z.array(timelineItemSchema).max(200),
      reachedStart: z.boolean(),
      /** The newest event that we had read when the room was opened; the new-message line goes below it. */
      readUpTo: eventIdSchema.nullable(),
    }),
  ),
  closeTimeline: call("public", z.strictObject({ roomId: roomIdSchema }), nothing),
  /** Items before `before` (a position), oldest first: from the store, then from the server, gaps filled on the way. */
  paginateBack: call(
    "plaintext",
    z.strictObject({ roomId: roomIdSchema, before: z.int(), limit: z.int().min(1).max(200) }),
    z.strictObject({
      items: z.array(timelineItemSchema).max(400),
      reachedStart: z.boolean(),
    }),
  ),
  /** The address at matrix.to of a message, with servers that can help to join its room. */
  messageLink: call(
    "public",
    z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema }),
    z.strictObject({ link: z.string().max(4096) }),
  ),
  /** The pinned messages of a room, the newest first, as far as they are here; `pinsChanged` tells of those that come. */
  pins: call("plaintext", z.strictObject({ roomId: roomIdSchema }), pinsSchema),
  setPinned: call("public", z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, pinned: z.boolean() }), nothing),
  /** What a message has said, version by version, the oldest first; each judged by its own mark. The server is asked for those that are not here. */
  editHistory: call(
    "plaintext",
    z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema }),
    z.strictObject({
      versions: z.array(timelineItemSchema).max(100),
      /** False where the server could not be asked, or there are more than are given. */
      complete: z.boolean(),
    }),
  ),
  /** Asks our other devices for the key of a message that cannot be read. */
  askOwnDevices: call("public", z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema }), nothing),
  typing: call("public", z.strictObject({ roomId: roomIdSchema, typing: z.boolean() }), nothing),
  /** `visible`: whether the others in the room may see how far we have read. */
  markRead: call("public", z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, visible: z.boolean() }), nothing),

  /** A mark of the person's own, which reading takes away. */
  markUnread: call("public", z.strictObject({ roomId: roomIdSchema, unread: z.boolean() }), nothing),
  setFavourite: call("public", z.strictObject({ roomId: roomIdSchema, favourite: z.boolean() }), nothing),
  setRoomNotify: call("public", z.strictObject({ roomId: roomIdSchema, notify: roomNotifySchema }), nothing),

  /** What is half written in a room; null where there is nothing. */
  draft: call("plaintext", z.strictObject({ roomId: roomIdSchema }), keptDraftSchema.nullable()),
  /** Keeps it in the store, over a lock and a crash; null for what was sent or thrown away. Of many rooms only the newest drafts are kept. */
  saveDraft: call("public", z.strictObject({ roomId: roomIdSchema, draft: draftSchema.nullable() }), nothing),
  /** Emoji that were picked lately, the last one first. */
  recentEmoji: call("plaintext", nothing, z.array(emojiSchema).max(RECENT_EMOJI)),
  /** One was picked. */
  noteEmoji: call("public", z.strictObject({ emoji: emojiSchema }), nothing),

  /** Puts a message into the durable send queue. `markdown` is turned into HTML by the worker. Answers once it is on disk. */
  send: call(
    "public",
    z.strictObject({
      roomId: roomIdSchema,
      msgtype: z.enum(["text", "notice", "emote"]),
      markdown: bodySchema.min(1),
      relation: relationSchema,
      mentions: z.array(userIdSchema).max(100),
    }),
    z.strictObject({ itemId: idSchema }),
  ),
  edit: call(
    "public",
    z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, markdown: bodySchema.min(1) }),
    z.strictObject({ itemId: idSchema }),
  ),
  /**
   * Sends what a message says, its file included, to another room as a message of ours: it answers nothing, mentions nobody, and is not edited. Throws
   * `unsupported` for a file that would have to be encrypted, or decrypted, for that room.
   */
  forward: call(
    "public",
    z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, toRoomId: roomIdSchema }),
    z.strictObject({ itemId: idSchema }),
  ),
  startPoll: call("public", z.strictObject({ roomId: roomIdSchema, poll: newPollSchema }), z.strictObject({ itemId: idSchema })),
  /** All that we choose of a poll's answers, in place of what we chose before; none takes it back. `conflict` once the poll is over. */
  answerPoll: call("public", z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, answers: pollChoiceSchema }), nothing),
  /** For who has made it, and for who may delete what others write. */
  endPoll: call("public", z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema }), nothing),
  react: call("public", z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, key: z.string().min(1).max(128) }), nothing),
  redact: call(
    "public",
    z.strictObject({ roomId: roomIdSchema, eventId: eventIdSchema, reason: z.string().max(1024).optional() }),
    nothing,
  ),
  /** What became of an edit, which has no item of its own, for as long as the worker remembers it. */
  outcome: call(
    "public",
    z.strictObject({ roomId: roomIdSchema, itemId: idSchema }),
    z.strictObject({
      state: z.enum(["queued", "sent", "failed", "unknown"]),
      eventId: eventIdSchema.nullable(),
      error: z.string().max(64).nullable(),
    }),
  ),
  retrySend: call("public", z.strictObject({ roomId: roomIdSchema, itemId: idSchema }), nothing),
  /**
   * Sends what is held back for devices that a verified person has not signed, although the named ones would read it: this message alone. Throws `conflict`
   * for a message that is held back for anything else; one with more such devices than were named stays held back.
   */
  sendAnyway: call("public", z.strictObject({ roomId: roomIdSchema, itemId: idSchema, devices: unsignedDevicesSchema }), nothing),
  cancelSend: call("public", z.strictObject({ roomId: roomIdSchema, itemId: idSchema }), nothing),

  /**
   * Files are sent in three steps: begun, appended to piece by piece, and put into the send queue. What is appended is encrypted at once. Throws `too-large`
   * where the server is known not to take a file of this size. An attachment that was begun is forgotten with the port.
   */
  beginAttachment: call(
    "public",
    z.strictObject({
      roomId: roomIdSchema,
      name: z.string().min(1).max(255),
      mimetype: z.string().max(255),
      /** Bytes; exactly as many have to be appended. */
      size: countSchema,
      kind: mediaKindSchema,
      width: pixelsSchema.optional(),
      height: pixelsSchema.optional(),
      durationMs: millisSchema.optional(),
    }),
    z.strictObject({ attachmentId: idSchema }),
  ),
  appendAttachment: call("public", z.strictObject({ attachmentId: idSchema, bytes: pieceSchema }), nothing),
  discardAttachment: call("public", z.strictObject({ attachmentId: idSchema }), nothing),
  /** Answers once it is on disk. `cancelSend` also stops one that is being uploaded. */
  sendAttachment: call(
    "public",
    z.strictObject({
      attachmentId: idSchema,
      thumbnail: thumbnailSchema.nullable(),
      /** Markdown. */
      caption: bodySchema.min(1).nullable(),
      relation: relationSchema,
      mentions: z.array(userIdSchema).max(100),
    }),
    z.strictObject({ itemId: idSchema }),
  ),
  /**
   * Fetches a file of a message, `id` being the event's or that of an item which waits to be sent. Answers when all of it is here and is, in an encrypted
   * room, the file that the message was written for; throws `attachment-damaged` where it is not. Cancelling the call stops the download.
   */
  openAttachment: call(
    "plaintext",
    z.strictObject({
      roomId: roomIdSchema,
      id: idSchema,
      part: z.enum(["file", "thumbnail"]),
      /** Nothing larger is fetched: `too-large`. */
      maxBytes: countSchema.optional(),
    }),
    z.strictObject({
      transferId: idSchema,
      size: countSchema,
      /** A type that a page may show, judged by the bytes themselves for pictures; anything else is `application/octet-stream`. */
      mimetype: z.string().max(255),
      name: z.string().max(255),
    }),
  ),
  /** The next piece of an open attachment, from the first to the last; empty behind the last. */
  readAttachment: call("plaintext", z.strictObject({ transferId: idSchema, offset: countSchema }), z.strictObject({ bytes: pieceSchema })),
  closeAttachment: call("public", z.strictObject({ transferId: idSchema }), nothing),

  createRoom: call(
    "public",
    z.strictObject({
      name: nameSchema.optional(),
      topic: z.string().max(4096).optional(),
      encrypted: z.boolean(),
      preset: z.enum(["private_chat", "trusted_private_chat", "public_chat"]).optional(),
      invite: z.array(userIdSchema).max(100),
      direct: z.boolean(),
      rotationPeriodMsgs: z.int().min(1).optional(),
      rotationPeriodMs: z.int().min(1).optional(),
      historyVisibility: z.enum(["world_readable", "shared", "invited", "joined"]).optional(),
    }),
    z.strictObject({ roomId: roomIdSchema }),
  ),
  invite: call("public", z.strictObject({ roomId: roomIdSchema, userId: userIdSchema }), nothing),
  /** Joins by id or alias; accepting an invite is joining. `via`: servers that may know a room by this id. */
  join: call(
    "public",
    z.strictObject({ roomIdOrAlias: z.string().min(1).max(255), via: viaSchema.optional() }),
    z.strictObject({ roomId: roomIdSchema }),
  ),
  /** Which of our rooms this address leads to. The server is asked only where one of them claims it; where it cannot be asked, there is none. */
  roomByAlias: call("public", z.strictObject({ alias: roomAliasSchema }), z.strictObject({ roomId: roomIdSchema.nullable() })),
  /** Leaves a room, or declines its invite. */
  leave: call("public", z.strictObject({ roomId: roomIdSchema }), nothing),
  forget: call("public", z.strictObject({ roomId: roomIdSchema }), nothing),
  kick: call("public", z.strictObject({ roomId: roomIdSchema, userId: userIdSchema, reason: z.string().max(1024).optional() }), nothing),
  setRoomName: call("public", z.strictObject({ roomId: roomIdSchema, name: nameSchema }), nothing),
  setRoomTopic: call("public", z.strictObject({ roomId: roomIdSchema, topic: z.string().max(4096) }), nothing),
  /** Turns encryption on. There is no verb that turns it off. */
  enableEncryption: call("public", z.strictObject({ roomId: roomIdSchema }), nothing),

  searchUsers: call(
    "public",
    z.strictObject({ term: z.string().min(1).max(255) }),
    z
      .array(
        z.strictObject({
          userId: userIdSchema,
          displayName: nameSchema.nullable(),
          avatar: mxcSchema.nullable(),
        }),
      )
      .max(50),
  ),
  setDisplayName: call("public", z.strictObject({ name: nameSchema }), nothing),
  devices: call("public", z.strictObject({ userId: userIdSchema }), z.array(deviceSchema).max(2000)),
  /** A person's cross-signing identity as it is known here; null where there is none. */
  identity: call(
    "public",
    z.strictObject({ userId: userIdSchema }),
    z
      .strictObject({ masterKey: z.string().max(64), verified: z.boolean(), previouslyVerified: z.boolean(), pinViolation: z.boolean() })
      .nullable(),
  ),
  /** Takes a person's new identity as it is. Not for one who was verified: that is decided in the vault. */
  acceptIdentity: call("public", z.strictObject({ userId: userIdSchema }), nothing),
  renameDevice: call("public", z.strictObject({ deviceId: idSchema, name: nameSchema }), nothing),
  /** Local trust that a person can take away without a ceremony: a blacklisted device gets no room keys. Trust is given in the vault only. */
  setBlacklisted: call("public", z.strictObject({ userId: userIdSchema, deviceId: idSchema, blacklisted: z.boolean() }), nothing),
  /** A picture of at most 4 MB, already checked to be one of the image types that the page may show. */
  avatar: call(
    "plaintext",
    z.strictObject({ mxc: mxcSchema, size: z.int().min(16).max(512) }),
    z.strictObject({
      bytes: bytesSchema(4_194_304),
      mimetype: z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"]),
    }),
  ),
  search: call(
    "plaintext",
    z.strictObject({ query: z.string().min(1).max(512), roomId: roomIdSchema.optional(), limit: z.int().min(1).max(100) }),
    z
      .array(
        z.strictObject({
          roomId: roomIdSchema,
          eventId: eventIdSchema,
          sender: userIdSchema,
          senderName: nameSchema,
          at: millisSchema,
          snippet: z.string().max(400),
        }),
      )
      .max(100),
  ),

  ...chatEvents,
} as const;
export type ChatContract = typeof chatContract;

import { z } from "zod";
import { mediaKindSchema, pixelsSchema } from "./media.ts";
import { pollSchema } from "./poll.ts";
import { bodySchema, countSchema, eventIdSchema, idSchema, millisSchema, nameSchema, userIdSchema } from "./text.ts";

/** Why an event could not be decrypted (machine-features 1.7.3 and the spec's withheld codes). The page turns it into a sentence and a next step. */
export const utdSchema = z.strictObject({
  code: z.enum([
    "MissingMegolmSession",
    "UnknownMegolmMessageIndex",
    "MalformedEncryptedEvent",
    "MegolmDecryptionFailure",
    "PayloadDeserializationFailure",
    "MismatchedIdentityKeys",
    "SenderIdentityNotTrusted",
    "StateKeyVerificationFailed",
    "MismatchedSender",
    "ReplayedMessage",
    "MismatchedRoom",
    "Unknown",
  ]),
  withheldCode: z.string().max(128).optional(),
  /** What the client knows on top: decides which sentence is shown. */
  cause: z.enum([
    "waiting",
    "sent-before-we-joined",
    "historical",
    "withheld",
    "withheld-unverified",
    "untrusted-sender",
    "replayed",
    "damaged",
    "unknown",
  ]),
});
export type Utd = z.infer<typeof utdSchema>;

export const shieldSchema = z.strictObject({
  color: z.enum(["red", "grey"]),
  code: z.enum([
    "AuthenticityNotGuaranteed",
    "UnknownDevice",
    "UnsignedDevice",
    "UnverifiedIdentity",
    "VerificationViolation",
    "MismatchedSender",
    "SentInClear",
  ]),
});
export type Shield = z.infer<typeof shieldSchema>;

const replyQuoteSchema = z.strictObject({
  eventId: eventIdSchema,
  /** Absent while the event that was answered is not known here. */
  sender: userIdSchema.nullable(),
  senderName: nameSchema.nullable(),
  preview: z.string().max(300).nullable(),
});

const contentSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("message"),
    msgtype: z.enum(["text", "notice", "emote"]),
    body: bodySchema,
    /** The sender's org.matrix.custom.html, unsanitised: hostile until the page has sanitised it. */
    html: bodySchema.nullable(),
    edited: z.boolean(),
    mentionsMe: z.boolean(),
    replyTo: replyQuoteSchema.nullable(),
  }),
  z.strictObject({
    kind: z.literal("media"),
    msgtype: mediaKindSchema,
    /** One text for all of it: the caption, or else the name. */
    body: bodySchema,
    name: z.string().min(1).max(255),
    caption: bodySchema.nullable(),
    /** The caption as org.matrix.custom.html, unsanitised: hostile until the page has sanitised it. */
    html: bodySchema.nullable(),
    /** What the sender says of the file; only good for a guess. */
    size: countSchema.nullable(),
    mimetype: z.string().max(255).nullable(),
    width: pixelsSchema.nullable(),
    height: pixelsSchema.nullable(),
    durationMs: countSchema.nullable(),
    hasThumbnail: z.boolean(),
    /** Whether there is something to fetch. In an encrypted room that is only what is encrypted. */
    available: z.boolean(),
    edited: z.boolean(),
    replyTo: replyQuoteSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal("poll"), poll: pollSchema, edited: z.boolean(), replyTo: replyQuoteSchema.nullable() }),
  z.strictObject({ kind: z.literal("undecryptable"), utd: utdSchema }),
  z.strictObject({ kind: z.literal("redacted"), by: userIdSchema, byName: nameSchema, reason: z.string().max(1024).nullable() }),
  z.strictObject({
    kind: z.literal("membership"),
    change: z.enum(["joined", "left", "invited", "kicked", "banned", "unbanned", "declined", "withdrawn", "knocked", "renamed", "avatar"]),
    target: userIdSchema,
    targetName: nameSchema,
    reason: z.string().max(1024).nullable(),
  }),
  z.strictObject({ kind: z.literal("created") }),
  z.strictObject({ kind: z.literal("encryption-enabled") }),
  z.strictObject({ kind: z.literal("name-changed"), name: nameSchema }),
  z.strictObject({ kind: z.literal("topic-changed"), topic: z.string().max(4096) }),
  z.strictObject({ kind: z.literal("avatar-changed") }),
  /** `eventId`: the one message that was pinned or unpinned; `other` where it was not one. */
  z.strictObject({ kind: z.literal("pins-changed"), change: z.enum(["pinned", "unpinned", "other"]), eventId: eventIdSchema.nullable() }),
  /** The sender asks somebody to be verified; one of the two is us. The event's id is the verification's. */
  z.strictObject({
    kind: z.literal("verification"),
    to: userIdSchema,
    toName: nameSchema,
    /**
     * `verified` only where it ended well and we hold the other person verified now; `over`: it can be answered no more, or it ended well and that holds no
     * more. The mark of trust is the person's, never this line's.
     */
    state: z.enum(["asked", "running", "verified", "cancelled", "over"]),
  }),
  z.strictObject({ kind: z.literal("unsupported"), type: z.string().max(255) }),
]);

/** Somebody, and what they are called in this room. */
const namedSchema = z.strictObject({ userId: userIdSchema, displayName: nameSchema });
/** Who else gave us the key that reads a message, where its maker did not: who wrote it is then only their word. */
export const keySharerSchema = namedSchema;

const reactionSchema = z.strictObject({
  key: z.string().max(128),
  count: countSchema,
  /** The event of our own reaction, to take it back. */
  mine: eventIdSchema.nullable(),
  senders: z.array(namedSchema).max(20),
});

/** One entry of a room's timeline. `id` stays the same from the local echo to the event that the server gave back. */
export const timelineItemSchema = z.strictObject({
  id: idSchema,
  eventId: eventIdSchema.nullable(),
  /** Sorts the timeline; unique in the room. */
  position: z.int(),
  sender: userIdSchema,
  senderName: nameSchema,
  senderAvatar: z.string().max(512).nullable(),
  mine: z.boolean(),
  at: millisSchema,
  encrypted: z.boolean(),
  shield: shieldSchema.nullable(),
  keySharedBy: keySharerSchema.nullable(),
  content: contentSchema,
  reactions: z.array(reactionSchema).max(64),
  /** Set on our own messages until the server's copy has arrived. */
  send: z.strictObject({ state: z.enum(["queued", "sending", "sent", "failed"]), error: z.string().max(64).nullable() }).nullable(),
  /** People whose read receipt is on this item, ourselves excluded. */
  readBy: z.array(namedSchema).max(20),
});
export type TimelineItem = z.infer<typeof timelineItemSchema>;
export type TimelineContent = TimelineItem["content"];

/** How somebody is shown in a room. */
export const shownPersonSchema = z.strictObject({ userId: userIdSchema, name: nameSchema, avatar: z.string().max(512).nullable() });
export type ShownPerson = z.infer<typeof shownPersonSchema>;

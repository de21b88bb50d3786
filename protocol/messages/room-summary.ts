import { z } from "zod";
import { countSchema, eventIdSchema, millisSchema, mxcSchema, nameSchema, roomIdSchema, userIdSchema } from "./text.ts";

/** What a person has set for a room. */
const preferences = {
  favourite: z.boolean(),
  /** Put aside by the person to be read again; reading takes it away. */
  markedUnread: z.boolean(),
  /** What is told of: every message as the account's rules have it, mentions only, or nothing. */
  notify: z.enum(["all", "mentions", "none"]),
};
export const roomNotifySchema = preferences.notify;
export type RoomNotify = z.infer<typeof roomNotifySchema>;

/** One row of the room list. */
export const roomSummarySchema = z.strictObject({
  roomId: roomIdSchema,
  /** As computed by the spec's rules (name, canonical alias, heroes); never empty. */
  name: nameSchema,
  avatar: mxcSchema.nullable(),
  topic: z.string().max(4096).nullable(),
  kind: z.enum(["dm", "room"]),
  /** The other person of a direct chat. */
  dmUserId: userIdSchema.nullable(),
  membership: z.enum(["join", "invite", "leave", "ban", "knock"]),
  inviter: z.strictObject({ userId: userIdSchema, displayName: nameSchema.nullable() }).nullable(),
  encrypted: z.boolean(),
  memberCount: countSchema,
  unread: countSchema,
  mentions: countSchema,
  /** Milliseconds of the last thing worth sorting by; 0 where there is none. */
  lastActivity: millisSchema,
  lastMessage: z
    .strictObject({
      eventId: eventIdSchema.nullable(),
      sender: userIdSchema,
      senderName: nameSchema,
      mine: z.boolean(),
      /** Plain text on one line. */
      preview: z.string().max(300),
      kind: z.enum(["message", "media", "undecryptable", "state", "redacted"]),
      at: millisSchema,
    })
    .nullable(),
  /** Messages of ours that wait or failed in this room. */
  pendingSends: countSchema,
  failedSends: countSchema,
  ...preferences,
});
export type RoomSummary = z.infer<typeof roomSummarySchema>;
export type RoomPreferences = Pick<RoomSummary, keyof typeof preferences>;

export const memberSchema = z.strictObject({
  userId: userIdSchema,
  displayName: nameSchema.nullable(),
  avatar: mxcSchema.nullable(),
  membership: z.enum(["join", "invite", "leave", "ban", "knock"]),
  powerLevel: z.int().min(-1_000_000).max(1_000_000),
});
export type Member = z.infer<typeof memberSchema>;

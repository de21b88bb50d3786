import { z } from "zod";
import { event } from "./define.ts";
import { transferSchema } from "./messages/media.ts";
import { accountSchema, statusSchema } from "./messages/own-account.ts";
import { roomSummarySchema } from "./messages/room-summary.ts";
import { safetySchema } from "./messages/safety.ts";
import { eventIdSchema, idSchema, nameSchema, roomIdSchema, userIdSchema } from "./messages/text.ts";
import { shownPersonSchema, timelineItemSchema } from "./messages/timeline-item.ts";

/** What the worker tells the chat window without being asked. */
export const chatEvents = {
  statusChanged: event("public", statusSchema),
  safetyChanged: event("public", safetySchema),
  accountChanged: event("public", accountSchema),
  roomsChanged: event(
    "plaintext",
    z.strictObject({ upserts: z.array(roomSummarySchema).max(20_000), removals: z.array(roomIdSchema).max(20_000) }),
  ),
  timelineChanged: event(
    "plaintext",
    z.strictObject({
      roomId: roomIdSchema,
      upserts: z.array(timelineItemSchema).max(2000),
      removals: z.array(idSchema).max(2000),
      /** A gap opened between what was shown and what is new: everything older than this position must be asked for again. */
      resetBefore: z.int().nullable(),
    }),
  ),
  /** People of a room that is shown who are called, or look, otherwise from now on: also in what was told before. */
  namesChanged: event("plaintext", z.strictObject({ roomId: roomIdSchema, people: z.array(shownPersonSchema).max(2000) })),
  /** Every file on its way. */
  transfersChanged: event("public", z.array(transferSchema).max(200)),
  membersChanged: event("public", z.strictObject({ roomId: roomIdSchema })),
  /** Other messages are pinned, or what a pinned one says has changed. */
  pinsChanged: event("public", z.strictObject({ roomId: roomIdSchema })),
  devicesChanged: event("public", z.strictObject({ userIds: z.array(userIdSchema).max(2000) })),
  typingChanged: event("public", z.strictObject({ roomId: roomIdSchema, userIds: z.array(userIdSchema).max(100) })),
  /** Something that deserves a notification, already filtered by push rules. */
  notification: event(
    "plaintext",
    z.strictObject({
      roomId: roomIdSchema,
      eventId: eventIdSchema,
      roomName: nameSchema,
      senderName: nameSchema,
      preview: z.string().max(300),
      mention: z.boolean(),
    }),
  ),
} as const;

import { z } from "zod";
import { timelineItemSchema } from "./timeline-item.ts";
import { bodySchema, eventIdSchema, userIdSchema } from "./text.ts";

/** People who were picked while writing, by the text that stands for them. */
const mentionsSchema = z.array(z.strictObject({ text: z.string().min(1).max(1100), userId: userIdSchema })).max(100);
const kindSchema = z.enum(["reply", "edit"]);

/** What is half written in a room, to be kept. */
export const draftSchema = z.strictObject({
  text: bodySchema,
  /** The message that is answered or edited. */
  about: z.strictObject({ kind: kindSchema, eventId: eventIdSchema }).nullable(),
  mentions: mentionsSchema,
});
export type Draft = z.infer<typeof draftSchema>;

/** What was kept, with what it is about as the timeline shows it now. */
export const keptDraftSchema = z.strictObject({
  text: bodySchema,
  about: z.strictObject({ kind: kindSchema, item: timelineItemSchema }).nullable(),
  mentions: mentionsSchema,
});
export type KeptDraft = z.infer<typeof keptDraftSchema>;

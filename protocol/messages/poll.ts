import { z } from "zod";
import { countSchema, idSchema } from "./text.ts";

/** MSC3381: a poll has no more answers. */
export const MAX_POLL_ANSWERS = 20;
/** Of a question or of an answer. */
export const MAX_POLL_TEXT_CHARS = 1000;

const textSchema = z.string().min(1).max(MAX_POLL_TEXT_CHARS);

/** A poll that a person makes. */
export const newPollSchema = z.strictObject({
  question: textSchema,
  answers: z.array(textSchema).min(2).max(MAX_POLL_ANSWERS),
  disclosed: z.boolean(),
  maxSelections: z.int().min(1).max(MAX_POLL_ANSWERS),
});
export type NewPoll = z.infer<typeof newPollSchema>;

export const pollChoiceSchema = z.array(idSchema).max(MAX_POLL_ANSWERS);

/** A poll as it stands. */
export const pollSchema = z.strictObject({
  question: textSchema,
  /** Whether the votes are seen before the end. */
  disclosed: z.boolean(),
  maxSelections: z.int().min(1).max(MAX_POLL_ANSWERS),
  answers: z
    .array(
      z.strictObject({
        id: idSchema,
        text: textSchema,
        /** Null until the end of a poll that hides them. */ votes: countSchema.nullable(),
        mine: z.boolean(),
      }),
    )
    .min(1)
    .max(MAX_POLL_ANSWERS),
  /** How many people have chosen something; null as the votes are. */
  voters: countSchema.nullable(),
  /** What may be votes and cannot be read here. */
  unread: countSchema,
  ended: z.boolean(),
  canEnd: z.boolean(),
});
export type PollView = z.infer<typeof pollSchema>;

import { z } from "zod";
import { eventIdSchema, millisSchema, nameSchema, userIdSchema } from "./text.ts";
import { keySharerSchema, shieldSchema } from "./timeline-item.ts";

/** Of the pinned messages of a room the newest are shown. */
export const MAX_PINS = 100;

export const pinsSchema = z
  .array(
    z.strictObject({
      eventId: eventIdSchema,
      /** Null while it is not here: it is asked for, and may not be ours to see. */
      message: z
        .strictObject({
          sender: userIdSchema,
          senderName: nameSchema,
          mine: z.boolean(),
          at: millisSchema,
          kind: z.enum(["message", "media", "state", "undecryptable", "redacted"]),
          /** One line; empty for what cannot be read or was deleted. */
          preview: z.string().max(300),
          shield: shieldSchema.nullable(),
          keySharedBy: keySharerSchema.nullable(),
        })
        .nullable(),
    }),
  )
  .max(MAX_PINS);
export type Pins = z.infer<typeof pinsSchema>;

import { z } from "zod";

/** An emoji as it is written: several code points at most. */
export const emojiSchema = z.string().min(1).max(64);

/** As many as fill two rows of the picker. */
export const RECENT_EMOJI = 16;

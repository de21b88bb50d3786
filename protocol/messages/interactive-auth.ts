import { z } from "zod";

/** What a person has given for an act that the server wants confirmed (user-interactive authentication). */
export const authSchema = z.discriminatedUnion("kind", [
  /** Nothing yet: the answer says what is needed. */
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("password"), password: z.string().min(1).max(4096) }),
  /** The person has done it in the browser, at `browserUrl` of the answer before. */
  z.strictObject({ kind: z.literal("browser"), session: z.string().min(1).max(1024) }),
]);
export type Auth = z.infer<typeof authSchema>;

export const authNeededSchema = z.strictObject({
  state: z.literal("auth-needed"),
  /** The account's password would do. */
  password: z.boolean(),
  /** A page of the server's where the person can confirm instead, and the session that it belongs to. */
  browser: z.strictObject({ url: z.url().max(4096), session: z.string().min(1).max(1024) }).nullable(),
  /** What was given was refused. */
  refused: z.boolean(),
});
export type AuthNeeded = z.infer<typeof authNeededSchema>;

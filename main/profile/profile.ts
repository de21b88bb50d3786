import { z } from "zod";
import { wrappedKeySchema } from "../../protocol/control.ts";
import { idSchema, userIdSchema } from "../../protocol/messages/text.ts";
import { err, ok, type Result } from "../../protocol/result.ts";

/** How the store key lies in the profile: sealed by the OS keychain, or wrapped by a passphrase that only the worker ever sees. */
const keyWrapSchema = z.discriminatedUnion("wrap", [
  z.strictObject({ wrap: z.literal("keychain"), sealed: z.string().min(1).max(8192) }),
  z.strictObject({ wrap: z.literal("passphrase"), wrapped: wrappedKeySchema }),
]);
export type KeyWrap = z.infer<typeof keyWrapSchema>;

/**
 * What main must know to open the account, none of it secret. The session itself (the token) lies in the encrypted store.
 *
 * `creating` is written before the store is made, and `created` before the first request of the device is let out: a profile that is found
 * `creating` belongs to a device of which the server has no keys yet.
 */
export const profileSchema = z.strictObject({
  format: z.literal(1),
  stage: z.enum(["creating", "created"]),
  userId: userIdSchema,
  deviceId: idSchema,
  homeserver: z.url().max(2048),
  store: z.string().regex(/^[a-z0-9-]{1,64}\.db$/),
  key: keyWrapSchema,
});
export type Profile = z.infer<typeof profileSchema>;

export function parseProfile(text: string): Result<Profile, "unreadable"> {
  try {
    const parsed = profileSchema.safeParse(JSON.parse(text));
    return parsed.success ? ok(parsed.data) : err("unreadable");
  } catch {
    return err("unreadable");
  }
}

export const encodeProfile = (profile: Profile): string => `${JSON.stringify(profile, null, 2)}\n`;

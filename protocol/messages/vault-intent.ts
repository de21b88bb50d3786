import { z } from "zod";
import { idSchema, userIdSchema } from "./text.ts";

/**
 * What a window asks the vault to show. Only a wish: the vault names what it is about to do, and nothing happens before a person has agreed there.
 */
export const vaultIntentSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("home") }),
  /** Make this account's cross-signing identity. */
  z.strictObject({ kind: z.literal("set-up-identity") }),
  /** Verify this device: by another device of ours, or by recovery key. */
  z.strictObject({ kind: z.literal("verify-this-device") }),
  z.strictObject({ kind: z.literal("verify-device"), userId: userIdSchema, deviceId: idSchema }),
  z.strictObject({ kind: z.literal("verify-user"), userId: userIdSchema }),
  /** A verification that is under way. */
  z.strictObject({ kind: z.literal("verification"), flowId: idSchema }),
  /** A person who was verified has another identity now. */
  z.strictObject({ kind: z.literal("identity-change"), userId: userIdSchema }),
  z.strictObject({ kind: z.literal("recovery") }),
  z.strictObject({ kind: z.literal("export-keys") }),
  z.strictObject({ kind: z.literal("import-keys") }),
  z.strictObject({ kind: z.literal("sign-out-devices"), deviceIds: z.array(idSchema).min(1).max(500) }),
  z.strictObject({ kind: z.literal("app-lock") }),
  z.strictObject({ kind: z.literal("reset-identity") }),
]);
export type VaultIntent = z.infer<typeof vaultIntentSchema>;

import { z } from "zod";
import { idSchema, millisSchema, nameSchema, userIdSchema } from "./text.ts";

/** A device as the rest of the app may know it: public keys and trust, nothing private. */
export const deviceSchema = z.strictObject({
  userId: userIdSchema,
  deviceId: idSchema,
  displayName: nameSchema.nullable(),
  ed25519: z.string().max(64),
  curve25519: z.string().max(64),
  verified: z.boolean(),
  crossSigned: z.boolean(),
  blacklisted: z.boolean(),
  own: z.boolean(),
  firstSeen: millisSchema,
  /** Of our own devices, where the server tells. */
  lastSeen: millisSchema.nullable(),
});
export type DeviceView = z.infer<typeof deviceSchema>;

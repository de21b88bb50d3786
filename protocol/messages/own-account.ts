import { z } from "zod";
import { countSchema, idSchema, mxcSchema, nameSchema, userIdSchema } from "./text.ts";

/** Who is signed in, and this device. */
export const accountSchema = z.strictObject({
  userId: userIdSchema,
  deviceId: idSchema,
  deviceName: nameSchema.nullable(),
  homeserver: z.string().max(2048),
  displayName: nameSchema.nullable(),
  avatar: mxcSchema.nullable(),
  /** Public fingerprint and identity key of this device, unpadded base64. */
  ed25519: z.string().max(64),
  curve25519: z.string().max(64),
});

/** How far this device is set up. */
export const encryptionStatusSchema = z.strictObject({
  /** Whether this device's keys are on the server. */
  deviceKeysUploaded: z.boolean(),
  oneTimeKeysOnServer: countSchema,
  roomKeys: countSchema,
  ownDevices: countSchema,
  crossSigning: z.strictObject({ exists: z.boolean(), thisDeviceSigned: z.boolean() }),
});

/** What is under way. */
export const statusSchema = z.strictObject({
  /** `first`: this device has never synced, its rooms are on their way; `catching-up`: the first sync of this start is under way. */
  sync: z.enum(["first", "catching-up", "up-to-date"]),
  pendingSends: countSchema,
  failedSends: countSchema,
  undecryptable: countSchema,
});

/** What somebody has chosen to be careful about. */
export const precautionsSchema = z.strictObject({
  /** Room keys go to verified devices only, in all rooms. */
  onlyVerified: z.boolean(),
  /** Our verified devices ask each other for room keys that they miss. */
  exchangeKeys: z.boolean(),
});

import { z } from "zod";
import { bytesSchema, idSchema, millisSchema, nameSchema, userIdSchema } from "./text.ts";

/** A verification that waits for a person here, as far as it is announced outside of the vault. */
export const incomingVerificationSchema = z.strictObject({
  flowId: idSchema,
  userId: userIdSchema,
  displayName: nameSchema.nullable(),
  /** Of the device that asks; null where it is not known yet. */
  deviceName: nameSchema.nullable(),
  own: z.boolean(),
  since: millisSchema,
});
export type IncomingVerification = z.infer<typeof incomingVerificationSchema>;

/** A word of the spec's (`m.user`, `m.mismatched_sas` …) or one of another client's. */
const cancelCodeSchema = z.string().min(1).max(255);

/** A verification as the vault shows it. One object whatever its state, so that a dialog can follow it through its life. */
export const verificationViewSchema = z.strictObject({
  /** The same on both sides: a transaction id, or the event id of a request in a room. */
  flowId: idSchema,
  userId: userIdSchema,
  displayName: nameSchema.nullable(),
  deviceId: idSchema.nullable(),
  deviceName: nameSchema.nullable(),
  /** With another device of ours. */
  own: z.boolean(),
  weStarted: z.boolean(),
  since: millisSchema,
  expiresAt: millisSchema,
  /**
   * - `asking`: our request waits for the other side; `asked`: theirs waits for us; `ready`: a method is to be chosen
   * - `sas-waiting`: emoji are being agreed on; `sas-compare`: they wait for a person; `sas-confirmed`: we said yes, the other side has not yet
   * - `qr-shown`: our code is on the screen; `qr-scanned`: the other side says that it scanned it, and a person must say so too; `qr-waiting`: we scanned theirs
   */
  state: z.enum([
    "asking",
    "asked",
    "ready",
    "sas-waiting",
    "sas-compare",
    "sas-confirmed",
    "qr-shown",
    "qr-scanned",
    "qr-waiting",
    "done",
    "cancelled",
  ]),
  /** What can be chosen in `ready` (and in `qr-shown`: `sas`). */
  methods: z.strictObject({ sas: z.boolean(), showQr: z.boolean(), scanQr: z.boolean() }),
  /** The spec's symbol and English name with its index (0–63), by which the name is translated. Null where the devices agreed on decimals only. */
  emoji: z
    .array(z.strictObject({ symbol: z.string().max(16), name: z.string().max(64), index: z.int().min(0).max(63) }))
    .length(7)
    .nullable(),
  decimals: z.tuple([z.int(), z.int(), z.int()]).nullable(),
  /** The bytes of our QR code while it is shown. */
  qr: bytesSchema(2048).nullable(),
  cancel: z.strictObject({ code: cancelCodeSchema, byUs: z.boolean() }).nullable(),
});
export type VerificationView = z.infer<typeof verificationViewSchema>;

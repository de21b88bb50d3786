import { z } from "zod";
import { call, event } from "./define.ts";
import { authNeededSchema, authSchema } from "./messages/interactive-auth.ts";
import { safetySchema } from "./messages/safety.ts";
import { bytesSchema, countSchema, idSchema, nameSchema, roomIdSchema, userIdSchema } from "./messages/text.ts";
import { verificationViewSchema } from "./messages/verification-view.ts";

const nothing = z.strictObject({});
/** Typed by a person, used once, never stored: the bound keeps a hostile page from feeding the KDF megabytes. */
const passphraseSchema = z.string().min(1).max(1024);
const flowSchema = z.strictObject({ flowId: idSchema });
const doneSchema = z.strictObject({ state: z.literal("done") });
/** As people type it: groups of four, or without spaces. */
const recoveryKeySchema = z.string().min(1).max(255);
/** Key files are read and written by the page in pieces of at most this many characters. */
const KEY_FILE_PIECE = 4 * 1024 * 1024;
const keyFilePieceSchema = z.string().max(KEY_FILE_PIECE);

/** A pattern that only the worker can derive; shown in every vault dialog and never sent to the chat port. */
const sealSchema = z.strictObject({
  /** Five symbols by index into the seal's table, and a hue in degrees. */
  symbols: z.array(z.int().min(0).max(63)).length(5),
  hue: z.int().min(0).max(359),
});
export type Seal = z.infer<typeof sealSchema>;

/** What the vault has to do about the store key right now. */
const vaultTaskSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("idle") }),
  /** No usable keychain, or an app lock is wanted: choose the passphrase that wraps the store key. */
  z.strictObject({ kind: z.literal("create-passphrase") }),
  z.strictObject({ kind: z.literal("unlock"), failures: z.int().min(0) }),
  /** The present passphrase first; with `next` another one is chosen, without it the keychain takes over. */
  z.strictObject({ kind: z.literal("change-passphrase"), next: z.boolean(), failures: z.int().min(0) }),
]);
export type VaultTask = z.infer<typeof vaultTaskSchema>;

/** Who a verification is asked of. A person is asked in the room that is named, or in the direct chat with them, which is made where there is none. */
const verificationTargetSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("own-devices") }),
  z.strictObject({ kind: z.literal("device"), userId: userIdSchema, deviceId: idSchema }),
  z.strictObject({ kind: z.literal("user"), userId: userIdSchema, roomId: roomIdSchema.optional() }),
]);
export type VerificationTarget = z.infer<typeof verificationTargetSchema>;

/** Long work under way in the worker. It survives the closing of its dialog. */
const jobSchema = z.strictObject({
  job: z.enum(["backup-upload", "backup-restore", "export-keys", "import-keys"]),
  done: countSchema,
  /** Null while it is not known. */
  total: countSchema.nullable(),
});
export type Job = z.infer<typeof jobSchema>;

/** The vault window's power over the worker: everything that must not be done by a page which shows other people's messages. */
export const vaultContract = {
  // The store key.
  task: call("public", nothing, vaultTaskSchema),
  /** Null until the store is open for the first time. */
  seal: call("secret", nothing, sealSchema.nullable()),
  createPassphrase: call("public", z.strictObject({ passphrase: passphraseSchema }), nothing),
  unlock: call("public", z.strictObject({ passphrase: passphraseSchema }), nothing),
  /** Answers the task `change-passphrase`. */
  changePassphrase: call("public", z.strictObject({ current: passphraseSchema, next: passphraseSchema.nullable() }), nothing),
  /** Gives up a task `create-passphrase` or `change-passphrase` of an account that is open. */
  cancelTask: call("public", nothing, nothing),

  safety: call("public", nothing, safetySchema),
  /** Who a user or device is, by the names that people know. */
  describe: call(
    "public",
    z.strictObject({ userId: userIdSchema, deviceId: idSchema.optional() }),
    z.strictObject({
      displayName: nameSchema.nullable(),
      deviceName: nameSchema.nullable(),
      own: z.boolean(),
      verified: z.boolean(),
      previouslyVerified: z.boolean(),
      pinViolation: z.boolean(),
    }),
  ),

  // Verification.
  verifications: call("secret", nothing, z.array(verificationViewSchema).max(100)),
  requestVerification: call("public", z.strictObject({ target: verificationTargetSchema }), flowSchema),
  acceptVerification: call("public", flowSchema, nothing),
  startSas: call("public", flowSchema, nothing),
  confirmSas: call("public", flowSchema, nothing),
  mismatchSas: call("public", flowSchema, nothing),
  cancelVerification: call("public", flowSchema, nothing),
  /** Makes our code; it is then in the verification's view. */
  showQr: call("public", flowSchema, nothing),
  scanQr: call("public", z.strictObject({ flowId: idSchema, data: bytesSchema(2048) }), nothing),
  confirmQrScanned: call("public", flowSchema, nothing),
  /** Forgets a verification that has ended. */
  dismissVerification: call("public", flowSchema, nothing),
  /** Accepts that a person who was verified is not any more. */
  withdrawVerification: call("public", z.strictObject({ userId: userIdSchema }), nothing),

  // Identity. Each may have to be confirmed at the server.
  setUpIdentity: call("public", z.strictObject({ auth: authSchema }), z.discriminatedUnion("state", [doneSchema, authNeededSchema])),
  /** Everyone who verified us has to do it again; devices of ours too. */
  resetIdentity: call("public", z.strictObject({ auth: authSchema }), z.discriminatedUnion("state", [doneSchema, authNeededSchema])),
  signOutDevices: call(
    "public",
    z.strictObject({ deviceIds: z.array(idSchema).min(1).max(500), auth: authSchema }),
    z.discriminatedUnion("state", [doneSchema, authNeededSchema]),
  ),

  // Recovery. All are idempotent: what an interrupted one left is completed by the next.
  /** Makes secret storage, with the identity and a backup where they are missing. The recovery key is shown once and kept nowhere. */
  enableRecovery: call(
    "secret",
    z.strictObject({ passphrase: passphraseSchema.nullable(), auth: authSchema }),
    z.discriminatedUnion("state", [z.strictObject({ state: z.literal("done"), recoveryKey: recoveryKeySchema }), authNeededSchema]),
  ),
  /** Gets all secrets out of secret storage, verifies this device with them, and restores the backup in the background. */
  recover: call(
    "public",
    z.union([z.strictObject({ recoveryKey: recoveryKeySchema }), z.strictObject({ passphrase: passphraseSchema })]),
    z.strictObject({ importedKeys: countSchema }),
  ),
  /** A new recovery key for the same secrets, which must be here. */
  changeRecovery: call(
    "secret",
    z.strictObject({ passphrase: passphraseSchema.nullable() }),
    z.strictObject({ recoveryKey: recoveryKeySchema }),
  ),
  /** Removes secret storage and the backup from the server. */
  disableRecovery: call("public", nothing, nothing),
  /** Fetches all keys of the backup; `job` events tell how far it is. */
  restoreBackup: call("public", nothing, z.strictObject({ importedKeys: countSchema })),

  // Key files.
  exportKeys: call("public", z.strictObject({ passphrase: passphraseSchema }), z.strictObject({ exportId: idSchema, count: countSchema })),
  /** The encrypted file, piece by piece; null after the last one. */
  readExport: call("public", z.strictObject({ exportId: idSchema }), z.strictObject({ piece: keyFilePieceSchema.nullable() })),
  beginImport: call("public", nothing, z.strictObject({ importId: idSchema })),
  appendImport: call("public", z.strictObject({ importId: idSchema, piece: keyFilePieceSchema }), nothing),
  /** `count`: keys in the file; `imported`: those that were new or better. With a wrong passphrase the pieces are kept for another try. */
  importKeys: call(
    "public",
    z.strictObject({ importId: idSchema, passphrase: passphraseSchema }),
    z.strictObject({ count: countSchema, imported: countSchema }),
  ),

  jobs: call("public", nothing, z.array(jobSchema).max(4)),
  cancelJob: call("public", z.strictObject({ job: jobSchema.shape.job }), nothing),

  taskChanged: event("public", vaultTaskSchema),
  safetyChanged: event("public", safetySchema),
  verificationsChanged: event("secret", z.array(verificationViewSchema).max(100)),
  jobsChanged: event("public", z.array(jobSchema).max(4)),
} as const;
export type VaultContract = typeof vaultContract;

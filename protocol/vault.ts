import { z } from "zod";
import { call, event } from "./define.ts";

const nothing = z.strictObject({});
/** Typed by a person, used once, never stored: the bound keeps a hostile page from feeding the KDF megabytes. */
const passphraseSchema = z.string().min(1).max(1024);

/** A pattern that only the worker can derive; shown in every vault dialog and never sent to the chat port. */
const sealSchema = z.strictObject({
  /** Five symbols by index into the seal's table, and a hue in degrees. */
  symbols: z.array(z.int().min(0).max(63)).length(5),
  hue: z.int().min(0).max(359),
});
export type Seal = z.infer<typeof sealSchema>;

/** What the vault has to do right now. */
const vaultTaskSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("idle") }),
  /** No usable keychain: choose the passphrase that wraps the store key. */
  z.strictObject({ kind: z.literal("create-passphrase") }),
  z.strictObject({ kind: z.literal("unlock"), failures: z.int().min(0) }),
]);
export type VaultTask = z.infer<typeof vaultTaskSchema>;

/** The vault window's power over the worker: everything that must not be done by a page which shows other people's messages. */
export const vaultContract = {
  task: call("public", nothing, vaultTaskSchema),
  /** Null until the store is open for the first time. */
  seal: call("secret", nothing, sealSchema.nullable()),
  createPassphrase: call("public", z.strictObject({ passphrase: passphraseSchema }), nothing),
  unlock: call("public", z.strictObject({ passphrase: passphraseSchema }), nothing),

  taskChanged: event("public", vaultTaskSchema),
} as const;
export type VaultContract = typeof vaultContract;

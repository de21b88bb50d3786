import { z } from "zod";
import { call, event } from "./define.ts";
import { bytesSchema, countSchema, idSchema, userIdSchema } from "./messages/text.ts";

const nothing = z.strictObject({});
const storeKeySchema = bytesSchema(32).refine((bytes) => bytes.byteLength === 32);
const tokenSchema = z.string().min(1).max(4096);

/** A store key wrapped by a passphrase (scrypt, then AES-256-GCM). Not secret: it lies in the profile folder. */
export const wrappedKeySchema = z.strictObject({
  kdf: z.literal("scrypt"),
  salt: z.string().max(64),
  n: z
    .int()
    .min(2 ** 14)
    .max(2 ** 20),
  r: z.int().min(1).max(16),
  p: z.int().min(1).max(4),
  nonce: z.string().max(32),
  ciphertext: z.string().max(128),
});
export type WrappedKey = z.infer<typeof wrappedKeySchema>;

const sessionSchema = z.strictObject({
  homeserver: z.url().max(2048),
  userId: userIdSchema,
  deviceId: idSchema,
  accessToken: tokenSchema,
  refreshToken: tokenSchema.nullable(),
});
export type Session = z.infer<typeof sessionSchema>;

/**
 * Main's power over the worker. The two `secret` verbs are the store key in transit (a keychain is a main-process API) and the access token
 * after unlock; nothing else that is secret crosses.
 */
export const controlContract = {
  /** First call; both sides refuse to go on where version or schema hash differ. */
  hello: call(
    "public",
    z.strictObject({ version: z.int(), schemaHash: z.string().length(64) }),
    z.strictObject({ version: z.int(), schemaHash: z.string().length(64) }),
  ),

  /** Makes a store key and holds it for the next `createAccount`. With a keychain the key is returned to be wrapped; with a passphrase it pends until the vault has one. */
  newStoreKey: call(
    "secret",
    z.strictObject({ wrap: z.enum(["keychain", "passphrase"]) }),
    z.union([
      z.strictObject({ wrap: z.literal("keychain"), storeKey: storeKeySchema }),
      z.strictObject({ wrap: z.literal("passphrase"), wrapped: wrappedKeySchema }),
    ]),
  ),
  /** Takes the store key for the next `openAccount`: unwrapped by the keychain, or wrapped (then it pends until the vault has unwrapped it). */
  takeStoreKey: call(
    "public",
    z.union([
      z.strictObject({ wrap: z.literal("keychain"), storeKey: storeKeySchema }),
      z.strictObject({ wrap: z.literal("passphrase"), wrapped: wrappedKeySchema }),
    ]),
    nothing,
  ),
  /**
   * Wraps the key of the open store anew: for the keychain, or by a passphrase that the vault asks for (after the present one, where there is one). Main
   * then writes the answer into the profile; until it has, the old wrapping is good.
   */
  rewrapStoreKey: call(
    "secret",
    z.strictObject({
      from: z.union([
        z.strictObject({ wrap: z.literal("keychain"), storeKey: storeKeySchema }),
        z.strictObject({ wrap: z.literal("passphrase"), wrapped: wrappedKeySchema }),
      ]),
      to: z.enum(["keychain", "passphrase"]),
    }),
    z.union([
      z.strictObject({ wrap: z.literal("keychain"), storeKey: storeKeySchema }),
      z.strictObject({ wrap: z.literal("passphrase"), wrapped: wrappedKeySchema }),
    ]),
  ),
  /** Creates the store with the held key. Fails with `conflict` where a file exists: unreadable is never absent. */
  createAccount: call("public", z.strictObject({ path: z.string().min(1).max(4096), session: sessionSchema }), nothing),
  /** Opens the store with the held key and starts the client. Returns the session for main's HTTP layer, and where sync stands. */
  openAccount: call(
    "secret",
    z.strictObject({ path: z.string().min(1).max(4096), userId: userIdSchema, deviceId: idSchema }),
    z.strictObject({ session: sessionSchema }),
  ),
  /** After a soft logout and a new login with the same device. */
  updateSession: call("public", z.strictObject({ session: sessionSchema }), nothing),
  /** Hands a window's port over; its kind fixes the verbs for its life. The port comes with the message. */
  connectPort: call("public", z.strictObject({ kind: z.enum(["chat", "vault"]) }), nothing),

  /** What the next /sync request must carry. `since` is null before the first one. */
  syncPosition: call("public", nothing, z.strictObject({ since: z.string().max(4096).nullable(), filter: z.string().max(16_384) })),
  /** One /sync response, in one transaction. A body for another position is ignored and answered with the position that counts. */
  receiveSync: call(
    "public",
    z.strictObject({ since: z.string().max(4096).nullable(), body: z.string().max(256 * 1024 * 1024) }),
    z.strictObject({ since: z.string().max(4096) }),
  ),
  /** Tells the send queue and the request pump when trying makes sense. */
  connectivity: call("public", z.strictObject({ online: z.boolean() }), nothing),
  /** The server ended the session; with `soft` the device and its keys live on. */
  sessionEnded: call("public", z.strictObject({ soft: z.boolean() }), nothing),
  /** Stops work, flushes and closes the store; the process may be ended after it. */
  close: call("public", nothing, nothing),
  /** Closes the store and deletes its files, after a logout that the server has confirmed. */
  deleteAccount: call("public", nothing, nothing),

  unread: event("public", z.strictObject({ unread: countSchema, mentions: countSchema })),
  /** The vault has something that a person must do. */
  vaultWanted: event("public", z.strictObject({ wanted: z.boolean() })),
} as const;
export type ControlContract = typeof controlContract;

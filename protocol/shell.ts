import { z } from "zod";
import { call, event } from "./define.ts";
import { errorCodeSchema } from "./errors.ts";
import { matrixLinkSchema } from "./matrix-link.ts";
import { updateStateSchema } from "./messages/update-state.ts";
import { vaultIntentSchema } from "./messages/vault-intent.ts";
import { idSchema, millisSchema, nameSchema, roomIdSchema, userIdSchema } from "./messages/text.ts";

const nothing = z.strictObject({});

/** Where the app stands, as both windows see it. */
const appStateSchema = z.discriminatedUnion("phase", [
  z.strictObject({ phase: z.literal("starting") }),
  z.strictObject({ phase: z.literal("signed-out") }),
  /** The vault waits for a passphrase to be chosen or typed. */
  z.strictObject({ phase: z.literal("vault"), task: z.enum(["create-passphrase", "unlock"]), userId: userIdSchema }),
  z.strictObject({ phase: z.literal("opening"), userId: userIdSchema }),
  z.strictObject({ phase: z.literal("ready"), userId: userIdSchema, deviceId: idSchema, appLock: z.boolean() }),
  /** The server wants a new login for the same device; everything local is still there. */
  z.strictObject({ phase: z.literal("soft-logged-out"), userId: userIdSchema, deviceId: idSchema, homeserver: z.string().max(2048) }),
  /** The server ended this device's session; local history can be read until it is removed. */
  z.strictObject({ phase: z.literal("logged-out-by-server"), userId: userIdSchema }),
  /** The account cannot be opened now. Nothing was overwritten. */
  z.strictObject({ phase: z.literal("failed"), code: errorCodeSchema, userId: userIdSchema.nullable() }),
]);
export type AppState = z.infer<typeof appStateSchema>;

const connectionSchema = z.strictObject({
  state: z.enum(["idle", "connecting", "online", "offline", "server-unreachable", "rate-limited"]),
  /** When main tries again by itself, in ms since the epoch. */
  retryAt: millisSchema.nullable(),
  /** The crypto worker has died and is being started again. */
  workerRestarting: z.boolean(),
});
export type Connection = z.infer<typeof connectionSchema>;

export const settingsSchema = z.strictObject({
  theme: z.enum(["system", "light", "dark", "high-contrast"]),
  notifications: z.enum(["all", "mentions", "off"]),
  notificationPreview: z.boolean(),
  sidebarCollapsed: z.boolean(),
  sendTyping: z.boolean(),
  sendReadReceipts: z.boolean(),
  enterSends: z.boolean(),
  language: z.string().max(35),
  /** Minutes without anyone at the computer after which the app locks itself; 0: never. Only with an app lock. */
  autoLockMinutes: z.int().min(0).max(1440),
  lockOnSuspend: z.boolean(),
  /** Keeps the chat window out of pictures and recordings of the screen, where the system can; the vault's always is. */
  hideFromCapture: z.boolean(),
  /** Whether the feed is asked about once a day; a person may always ask. */
  dailyUpdateCheck: z.boolean(),
  /** A closed window is put away only, and an icon beside the clock brings it back. */
  keepRunning: z.boolean(),
  /** The system starts the app, without a window. */
  startWithSystem: z.boolean(),
});
export type Settings = z.infer<typeof settingsSchema>;

const quietSchema = z.strictObject({ quiet: z.boolean() });

const loginResultSchema = z.strictObject({ userId: userIdSchema, deviceId: idSchema });
const serverSchema = z.string().min(1).max(2048);
const passwordSchema = z.string().min(1).max(4096);

/** What both pages may ask of main through the preload. */
export const shellContract = {
  about: call(
    "public",
    nothing,
    z.strictObject({
      version: z.string().max(64),
      /** What the package was made from; null where the program runs from a working copy. */
      commit: z
        .string()
        .regex(/^[0-9a-f]{40}$/)
        .nullable(),
      platform: z.enum(["linux", "darwin", "win32", "other"]),
      host: z.string().max(128),
      keychain: z.boolean(),
      /** Whether the system could start this copy. */
      autostart: z.boolean(),
      /** Given on the command line, to fill in the sign-in form. */
      suggestedHomeserver: z.string().max(2048).nullable(),
    }),
  ),
  appState: call("public", nothing, appStateSchema),
  connection: call("public", nothing, connectionSchema),
  settings: call("public", nothing, settingsSchema),
  changeSettings: call("public", settingsSchema.partial(), settingsSchema),

  discover: call(
    "public",
    z.strictObject({ server: serverSchema }),
    z.strictObject({
      baseUrl: z.string().max(2048),
      password: z.boolean(),
      sso: z.array(z.strictObject({ id: z.string().max(255).nullable(), name: nameSchema })).max(50),
      registration: z.boolean(),
    }),
  ),
  loginPassword: call(
    "public",
    z.strictObject({ server: serverSchema, user: z.string().min(1).max(255), password: passwordSchema, deviceName: nameSchema.optional() }),
    loginResultSchema,
  ),
  /** Opens the browser at the server's SSO page; answers when the loopback redirect has come back. Cancel the call to give up. */
  loginSso: call(
    "public",
    z.strictObject({ server: serverSchema, idpId: z.string().max(255).nullable(), deviceName: nameSchema.optional() }),
    loginResultSchema,
  ),
  register: call(
    "public",
    z.strictObject({ server: serverSchema, user: z.string().min(1).max(255), password: passwordSchema, deviceName: nameSchema.optional() }),
    loginResultSchema,
  ),
  /** After a soft logout: the same device signs in again. */
  reauthenticate: call("public", z.strictObject({ password: passwordSchema }), nothing),
  /** The same in the browser, as `loginSso`. `wrong-credentials` where somebody else signed in there. */
  reauthenticateSso: call("public", z.strictObject({ idpId: z.string().max(255).nullable() }), nothing),
  /**
   * Ends the session on the server, then deletes the local store. `force` deletes it even where the server cannot be reached. `cancelled` where the person
   * does not say yes to main's own question.
   */
  logout: call("public", z.strictObject({ force: z.boolean() }), nothing),
  /** Tries to open the account again, after a failure. */
  retryOpen: call("public", nothing, nothing),
  /** The way out of an account that cannot be opened: its files are moved aside (never deleted) and the app is signed out. */
  setAccountAside: call("public", nothing, z.strictObject({ folder: z.string().max(4096) })),
  retryConnection: call("public", nothing, nothing),

  /** The chat page may ask that the vault be shown; it can do nothing in it. */
  openVault: call("public", z.strictObject({ intent: vaultIntentSchema }), nothing),
  closeVault: call("public", nothing, nothing),
  /** For the vault: what it was last opened for, once. */
  takeVaultIntent: call("public", nothing, vaultIntentSchema.nullable()),
  /** Ends the worker process, so that no key is in memory, and asks for the passphrase. `conflict` without an app lock. */
  lock: call("public", nothing, nothing),
  /** For the vault: sets the app lock's passphrase, changes it, or gives the key back to the keychain. Answers when the profile is written. */
  changeAppLock: call("public", z.strictObject({ to: z.enum(["passphrase", "keychain"]) }), nothing),
  /** The report for the developers: facts about the program and the newest lines of its log. No ids, no content. */
  diagnostics: call("public", nothing, z.strictObject({ text: z.string().max(512 * 1024) })),
  /** Saves exactly the report that was read last, in a file that the person chooses. */
  saveDiagnostics: call("public", nothing, z.strictObject({ saved: z.boolean() })),
  /** http(s) and mailto links only, after a confirmation that shows the whole address. */
  openExternal: call("public", z.strictObject({ url: z.string().max(4096) }), z.strictObject({ opened: z.boolean() })),

  /** Whether nothing is to be told of for now: until a person says otherwise, or the app ends. */
  quiet: call("public", nothing, quietSchema),
  setQuiet: call("public", quietSchema, nothing),
  /** A person has pressed a notification of the page: its window is shown and comes to the front. */
  comeForward: call("public", nothing, nothing),

  /** The link that the system opened the app with, once; null where there is none. Main keeps it until a page with an open account asks. */
  takeLink: call("public", nothing, matrixLinkSchema.nullable()),

  updates: call("public", nothing, updateStateSchema),
  /** Asks the feed now; downloads what is newer. `conflict` where there is no feed, or something is under way already. */
  checkForUpdates: call("public", nothing, nothing),
  /** Gives the download up. */
  cancelUpdate: call("public", nothing, nothing),
  /** Ends the app and starts the version that was downloaded. `conflict` where none is ready. */
  installUpdate: call("public", nothing, nothing),

  appStateChanged: event("public", appStateSchema),
  connectionChanged: event("public", connectionSchema),
  /** For the vault, when it is open already. */
  vaultIntended: event("public", vaultIntentSchema),
  settingsChanged: event("public", settingsSchema),
  quietChanged: event("public", quietSchema),
  updatesChanged: event("public", updateStateSchema),
  /** A link waits to be taken. */
  linkArrived: event("public", nothing),
  /** A menu item or a notification asks the page for something. */
  command: event(
    "public",
    z.strictObject({
      command: z.enum([
        "new-room",
        "new-dm",
        "switcher",
        "settings",
        "shortcuts",
        "search",
        "toggle-sidebar",
        "next-room",
        "previous-room",
        "open-room",
      ]),
      roomId: roomIdSchema.optional(),
    }),
  ),
} as const;
export type ShellContract = typeof shellContract;

import { CodedError } from "../../protocol/errors.ts";
import type { VaultIntent } from "../../protocol/messages/vault-intent.ts";
import type { MatrixLink } from "../../protocol/matrix-link.ts";
import type { Handlers } from "../../protocol/rpc.ts";
import type { AppState, Settings, ShellContract } from "../../protocol/shell.ts";
import type { Account } from "../account/account.ts";
import { defaultDeviceName } from "../app/device-name.ts";
import type { Autostart } from "../desktop/autostart.ts";
import type { Observed } from "../crypto-host/observed.ts";
import { discover, discoverBaseUrl } from "../matrix/discovery.ts";
import { login, register } from "../matrix/login.ts";
import { signOnWithBrowser } from "../matrix/sso-redirect.ts";
import type { Diagnostics } from "../logging/diagnostics.ts";
import type { Transport } from "../matrix/transport.ts";
import { parseExternalLink } from "../security/external-link.ts";
import type { Updates } from "../updates/updates.ts";

export type ShellDeps = {
  readonly account: Account;
  readonly transport: Transport;
  readonly settings: Observed<Settings>;
  readonly saveSettings: (settings: Settings) => void;
  /** Nothing is to be told of for now. */
  readonly quiet: Observed<boolean>;
  readonly version: string;
  readonly commit: string | null;
  readonly diagnostics: Pick<Diagnostics, "compose" | "save">;
  readonly keychain: boolean;
  /** Undefined where the system could not start this copy. */
  readonly autostart: Autostart | undefined;
  readonly suggestedHomeserver: string | undefined;
  readonly openVault: (intent: VaultIntent) => void;
  readonly takeVaultIntent: () => VaultIntent | null;
  readonly closeVault: () => void;
  readonly comeForward: () => void;
  readonly takeLink: () => MatrixLink | null;
  readonly updates: Pick<Updates, "state" | "check" | "cancel" | "install">;
  /** Shows the whole address and asks; resolves to whether it was opened. */
  readonly confirmAndOpen: (url: string) => Promise<boolean>;
  /** Whether a person wants this account's keys and messages deleted here. */
  readonly confirmSignOut: () => Promise<boolean>;
  /** Opens an address that the person has just asked for, in the browser. */
  readonly openBrowser: (url: string) => Promise<void>;
};

/** Main's side of the shell contract. */
export function shellHandlers(deps: ShellDeps): Handlers<ShellContract> {
  const { account, transport, settings } = deps;
  return {
    about: () => ({
      version: deps.version,
      commit: deps.commit,
      platform: platform(),
      host: hostDescription(),
      keychain: deps.keychain,
      autostart: deps.autostart !== undefined,
      suggestedHomeserver: deps.suggestedHomeserver ?? null,
    }),
    appState: () => account.state.value,
    connection: () => account.connection.value,
    settings: () => settings.value,
    changeSettings: (changes) => {
      const next: Settings = { ...settings.value, ...withoutUndefined(changes) };
      if (next.startWithSystem !== settings.value.startWithSystem) {
        if (deps.autostart === undefined) throw new CodedError("unsupported");
        deps.autostart.set(next.startWithSystem);
      }
      deps.saveSettings(next);
      settings.set(next);
      return next;
    },

    discover: async ({ server }, { signal }) => {
      // SECURITY: a name that a page has made up of what it reads, and that main asks for, would be a way out of it.
      if (!isSigningIn(account.state.value, server)) throw new CodedError("already-signed-in");
      const found = await discover(transport, server, signal);
      return { ...found, sso: [...found.sso] };
    },
    loginPassword: ({ server, user, password, deviceName }, { signal }) =>
      account.signIn(() =>
        login(transport, {
          server,
          credentials: { kind: "password", user, password },
          deviceName: deviceName ?? defaultDeviceName(),
          signal,
        }),
      ),
    loginSso: ({ server, idpId, deviceName }, { signal }) =>
      account.signIn(async () => {
        const baseUrl = await discoverBaseUrl(transport, server, signal);
        const token = await signOnWithBrowser({ baseUrl, idpId, openBrowser: deps.openBrowser, signal });
        return login(transport, {
          server: baseUrl,
          credentials: { kind: "token", token },
          deviceName: deviceName ?? defaultDeviceName(),
          signal,
        });
      }),
    register: ({ server, user, password, deviceName }, { signal }) =>
      account.signIn(() => register(transport, { server, user, password, deviceName: deviceName ?? defaultDeviceName(), signal })),
    reauthenticate: async ({ password }) => {
      await account.reauthenticate(async ({ userId }) => ({ kind: "password", user: userId, password }));
      return {};
    },
    reauthenticateSso: async ({ idpId }, { signal }) => {
      await account.reauthenticate(async ({ homeserver }) => ({
        kind: "token",
        token: await signOnWithBrowser({ baseUrl: homeserver, idpId, openBrowser: deps.openBrowser, signal }),
      }));
      return {};
    },
    logout: async ({ force }) => {
      // SECURITY: it deletes keys that may be nowhere else, and a page that somebody else has taken over can ask for it. A person says so to us.
      if (holdsKeys(account.state.value) && !(await deps.confirmSignOut())) throw new CodedError("cancelled");
      await account.logout(force);
      return {};
    },
    retryOpen: async () => {
      await account.retryOpen();
      return {};
    },
    setAccountAside: async () => ({ folder: await account.setAside() }),
    retryConnection: () => {
      account.wake();
      return {};
    },

    openVault: ({ intent }) => {
      deps.openVault(intent);
      return {};
    },
    takeVaultIntent: () => deps.takeVaultIntent(),
    lock: async () => {
      await account.lock();
      return {};
    },
    changeAppLock: async ({ to }, { signal }) => {
      await account.changeAppLock(to, signal);
      return {};
    },
    closeVault: () => {
      deps.closeVault();
      return {};
    },
    diagnostics: () => ({ text: deps.diagnostics.compose() }),
    saveDiagnostics: async () => ({ saved: await deps.diagnostics.save() }),
    quiet: () => ({ quiet: deps.quiet.value }),
    setQuiet: ({ quiet }) => {
      deps.quiet.set(quiet);
      return {};
    },
    comeForward: () => {
      deps.comeForward();
      return {};
    },
    takeLink: () => deps.takeLink(),
    updates: () => deps.updates.state.value,
    checkForUpdates: () => unlessRefused(deps.updates.check()),
    cancelUpdate: () => {
      deps.updates.cancel();
      return {};
    },
    installUpdate: () => unlessRefused(deps.updates.install()),
    openExternal: async ({ url }) => {
      const link = parseExternalLink(url);
      if (link === undefined) throw new CodedError("unsupported");
      return { opened: await deps.confirmAndOpen(link) };
    },
  };
}

/** What a page that shows other people's messages must not set in motion is refused to it; the vault has it. */
export const pickChatHandlers = (all: Handlers<ShellContract>): Handlers<ShellContract> => ({
  ...all,
  takeVaultIntent: () => null,
  changeAppLock: () => {
    throw new CodedError("forbidden");
  },
});

/** Whether there is a form on the screen for which this server may be asked. */
const isSigningIn = (state: AppState, server: string): boolean =>
  state.phase === "signed-out" || (state.phase === "soft-logged-out" && state.homeserver === server);

/** Whether there are keys on this computer, or may be: a sign-in that has no passphrase yet has made none. */
const holdsKeys = (state: AppState): boolean =>
  state.phase !== "signed-out" && !(state.phase === "vault" && state.task === "create-passphrase");

function unlessRefused(accepted: boolean): Record<string, never> {
  if (!accepted) throw new CodedError("conflict");
  return {};
}

const withoutUndefined = <T extends object>(changes: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

function platform(): "linux" | "darwin" | "win32" | "other" {
  switch (process.platform) {
    case "linux":
    case "darwin":
    case "win32":
      return process.platform;
    default:
      return "other";
  }
}

export function hostDescription(): string {
  return ["electron", "chrome", "node"]
    .flatMap((name) => (process.versions[name] === undefined ? [] : [`${name} ${process.versions[name]}`]))
    .join(", ")
    .slice(0, 128);
}

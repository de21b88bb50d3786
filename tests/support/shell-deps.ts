import type { Account } from "../../main/account/account.ts";
import { Observed } from "../../main/crypto-host/observed.ts";
import type { ShellDeps } from "../../main/ipc/shell-handlers.ts";
import { DEFAULT_SETTINGS } from "../../protocol/default-settings.ts";
import type { UpdateState } from "../../protocol/messages/update-state.ts";
import { err } from "../../protocol/result.ts";

/** What the handlers of the shell port need, around an account without a network and without windows. */
export function shellDeps(account: Account): ShellDeps {
  return {
    account,
    transport: { send: () => Promise.resolve(err("offline")) },
    settings: new Observed(DEFAULT_SETTINGS),
    saveSettings: () => undefined,
    quiet: new Observed(false),
    version: "1",
    commit: null,
    diagnostics: { compose: () => "", save: () => Promise.resolve(false) },
    keychain: false,
    autostart: undefined,
    suggestedHomeserver: undefined,
    openVault: () => undefined,
    takeVaultIntent: () => null,
    takeLink: () => null,
    updates: { state: new Observed<UpdateState>({ phase: "off" }), check: () => false, cancel: () => undefined, install: () => false },
    closeVault: () => undefined,
    comeForward: () => undefined,
    confirmAndOpen: () => Promise.resolve(false),
    confirmSignOut: () => Promise.resolve(false),
    openBrowser: () => Promise.resolve(),
  };
}

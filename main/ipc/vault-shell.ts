import type { Handlers } from "../../protocol/rpc.ts";
import { type ShellContract, shellContract } from "../../protocol/shell.ts";

/** The part of the shell contract that the vault page gets: to know where the app stands, what it was opened for, and to close itself. */
export const vaultShellContract = {
  about: shellContract.about,
  appState: shellContract.appState,
  connection: shellContract.connection,
  settings: shellContract.settings,
  closeVault: shellContract.closeVault,
  takeVaultIntent: shellContract.takeVaultIntent,
  changeAppLock: shellContract.changeAppLock,
  /** For a page of the server's where an act is confirmed. */
  openExternal: shellContract.openExternal,
  appStateChanged: shellContract.appStateChanged,
  connectionChanged: shellContract.connectionChanged,
  settingsChanged: shellContract.settingsChanged,
  vaultIntended: shellContract.vaultIntended,
} as const;

export type VaultShellContract = typeof vaultShellContract;

export const pickVaultHandlers = (all: Handlers<ShellContract>): Handlers<VaultShellContract> => ({
  about: all.about,
  appState: all.appState,
  connection: all.connection,
  settings: all.settings,
  closeVault: all.closeVault,
  takeVaultIntent: all.takeVaultIntent,
  changeAppLock: all.changeAppLock,
  openExternal: all.openExternal,
});

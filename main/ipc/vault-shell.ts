import type { Handlers } from "../../protocol/rpc.ts";
import { type ShellContract, shellContract } from "../../protocol/shell.ts";

/** The part of the shell contract that the vault page gets: to know where the app stands and to close itself. */
export const vaultShellContract = {
  about: shellContract.about,
  appState: shellContract.appState,
  connection: shellContract.connection,
  settings: shellContract.settings,
  closeVault: shellContract.closeVault,
  appStateChanged: shellContract.appStateChanged,
  connectionChanged: shellContract.connectionChanged,
  settingsChanged: shellContract.settingsChanged,
} as const;

export type VaultShellContract = typeof vaultShellContract;

export const pickVaultHandlers = (all: Handlers<ShellContract>): Handlers<VaultShellContract> => ({
  about: all.about,
  appState: all.appState,
  connection: all.connection,
  settings: all.settings,
  closeVault: all.closeVault,
});

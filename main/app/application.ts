import { join } from "node:path";
import { app, type BrowserWindow, dialog, type MessagePortMain, nativeTheme, powerMonitor, shell } from "electron";
import type { VaultIntent } from "../../protocol/messages/vault-intent.ts";
import { type Settings, type ShellContract, shellContract } from "../../protocol/shell.ts";
import type { Account } from "../account/account.ts";
import { Observed } from "../crypto-host/observed.ts";
import { PageLink } from "../ipc/page-link.ts";
import { hostDescription, pickChatHandlers, shellHandlers } from "../ipc/shell-handlers.ts";
import { pickVaultHandlers, type VaultShellContract, vaultShellContract } from "../ipc/vault-shell.ts";
import type { Autostart } from "../desktop/autostart.ts";
import { showTaskbarCount } from "../desktop/taskbar-count.ts";
import { TrayIcon } from "../desktop/tray.ts";
import type { Counts } from "../desktop/tray-face.ts";
import { Diagnostics } from "../logging/diagnostics.ts";
import type { Log } from "../logging/log.ts";
import { systemClock } from "../matrix/clock.ts";
import type { Transport } from "../matrix/transport.ts";
import type { ProfileFolder } from "../profile/profile-folder.ts";
import { readSettings, writeSettings } from "../profile/settings-file.ts";
import type { PageKind } from "../security/page-file.ts";
import type { Updates } from "../updates/updates.ts";
import { openChatWindow } from "../windows/chat-window.ts";
import { recoverPage } from "../windows/page-recovery.ts";
import { openVaultWindow } from "../windows/vault-window.ts";
import { Attention } from "./attention.ts";
import { AutoLock } from "./auto-lock.ts";
import { Background, followSystem } from "./background.ts";
import type { BuildInfo } from "./build-info.ts";
import type { LinkInbox } from "./link-inbox.ts";
import { installMenu } from "./menu.ts";
import { Questions } from "./questions.ts";

export type ApplicationDeps = {
  readonly account: Account;
  readonly folder: ProfileFolder;
  readonly transport: Transport;
  readonly log: Log;
  readonly keychain: boolean;
  readonly suggestedHomeserver: string | undefined;
  readonly build: BuildInfo | undefined;
  readonly logPath: string;
  readonly links: LinkInbox;
  readonly updates: Updates;
  readonly autostart: Autostart | undefined;
  /** Whether the system started the app, to be there without a window. */
  readonly hidden: (settings: Settings) => boolean;
  /** Absolute paths into the build. */
  readonly renderer: string;
  readonly preload: string;
  readonly trayIcons: string;
};

/** At most: a vault that does not load must not keep the chat page away. */
const CHAT_PAGE_WAITS_MS = 2000;
/** What the vault asks is painted a moment after its page has loaded. */
const CHAT_PAGE_FOLLOWS_MS = 250;

type Page<C extends ShellContract | VaultShellContract> = { readonly window: BrowserWindow; readonly link: PageLink<C> };

/** The windows of the running app, and what flows between them and the account. */
export class Application {
  readonly #deps: ApplicationDeps;
  readonly #settings: Observed<Settings>;
  readonly #quiet = new Observed(false);
  readonly #handlers: ReturnType<typeof shellHandlers>;
  readonly #autoLock: AutoLock;
  readonly #attention: Attention;
  readonly #background: Background;
  readonly #questions = new Questions(() => (this.#away ? undefined : this.#chat?.window));
  readonly #devTools = !app.isPackaged;
  #chat: Page<ShellContract> | undefined;
  #vault: Page<VaultShellContract> | undefined;
  #unread = 0;
  /** The chat window is put away, and the vault's with it. */
  #away: boolean;
  #vaultIntent: VaultIntent | null = null;

  constructor(deps: ApplicationDeps) {
    this.#deps = deps;
    const settingsFile = deps.folder.file("settings.json");
    this.#settings = new Observed(followSystem(readSettings(settingsFile), deps.autostart, deps.log));
    this.#away = deps.hidden(this.#settings.value);
    this.#autoLock = new AutoLock({ account: deps.account, settings: this.#settings, power: powerMonitor, log: deps.log });
    this.#attention = new Attention({
      settings: this.#settings,
      quiet: this.#quiet,
      show: (counts) => this.#showCounts(counts),
      window: () => this.#chat?.window,
    });
    this.#background = new Background({
      settings: this.#settings,
      state: deps.account.state,
      quiet: this.#quiet,
      startedHidden: this.#away,
      tray: new TrayIcon({
        icons: deps.trayIcons,
        platform: process.platform,
        log: deps.log,
        open: () => this.showChat(),
        lock: () => this.#lockNow(),
        setQuiet: (quiet) => this.#quiet.set(quiet),
        quit: () => app.quit(),
      }),
    });
    this.#handlers = shellHandlers({
      account: deps.account,
      transport: deps.transport,
      settings: this.#settings,
      saveSettings: (settings) => writeSettings(settingsFile, settings),
      quiet: this.#quiet,
      version: app.getVersion(),
      commit: deps.build?.commit ?? null,
      diagnostics: new Diagnostics({
        logPath: deps.logPath,
        askWhere: (name) => this.#questions.askWhere(name),
        facts: () => ({
          Bulkhead: app.getVersion(),
          commit: deps.build === undefined ? "working copy" : `${deps.build.commit} of ${deps.build.committedAt}`,
          system: `${process.platform} ${process.arch}`,
          runtime: hostDescription(),
          store: deps.keychain ? "keychain" : "passphrase",
        }),
      }),
      keychain: deps.keychain,
      autostart: deps.autostart,
      suggestedHomeserver: deps.suggestedHomeserver,
      openVault: (intent) => this.#openVault(intent),
      takeVaultIntent: () => {
        const intent = this.#vaultIntent;
        this.#vaultIntent = null;
        return intent;
      },
      closeVault: () => this.#closeVault(),
      comeForward: () => this.showChat(),
      takeLink: () => deps.links.take(),
      updates: deps.updates,
      confirmAndOpen: (url) => this.#questions.confirmAndOpen(url),
      confirmSignOut: () => this.#questions.confirmSignOut(),
      openBrowser: (url) => shell.openExternal(url),
    });
  }

  start(): void {
    const { account } = this.#deps;
    this.#useTheme(this.#settings.value);
    installMenu({
      devTools: this.#devTools,
      command: (command) => this.#chat?.link.emit("command", { command }),
      openVault: () => this.#openVault({ kind: "home" }),
      lock: () => this.#lockNow(),
    });
    // Before the state says so: the vault that it calls for is a new one.
    account.locks.watch(() => this.#forget());
    account.state.watch((state) => {
      this.#chat?.link.emit("appStateChanged", state);
      this.#vault?.link.emit("appStateChanged", state);
      this.#followVault();
    });
    account.connection.watch((connection) => {
      this.#chat?.link.emit("connectionChanged", connection);
      this.#vault?.link.emit("connectionChanged", connection);
    });
    this.#settings.watch((settings) => {
      this.#useTheme(settings);
      this.#chat?.window.setContentProtection(settings.hideFromCapture);
      this.#chat?.link.emit("settingsChanged", settings);
      this.#vault?.link.emit("settingsChanged", settings);
    });
    this.#quiet.watch((quiet) => this.#chat?.link.emit("quietChanged", { quiet }));
    account.vaultWanted.watch(() => this.#followVault());
    account.host.state.watch((state) => {
      if (state.phase !== "up") return;
      void this.#chat?.link.givePort();
      void this.#vault?.link.givePort();
    });
    account.host.on("unread", (counts) => this.#attention.told(counts));
    this.#deps.links.onArrival(() => {
      this.showChat();
      this.#chat?.link.emit("linkArrived", {});
    });
    this.#deps.updates.state.watch((state) => this.#chat?.link.emit("updatesChanged", state));
    powerMonitor.on("resume", () => account.wake());
    this.#autoLock.start();
    this.#deps.updates.start(() => this.#settings.value.dailyUpdateCheck);
    this.#background.start();
    if (this.#away) this.#openChat({ hidden: true });
    else if (account.needsPassphrase) this.#startWithVault();
    else this.showChat();
  }

  /** The app ends: its windows may close. */
  leave(): void {
    this.#background.leave();
  }

  /** The question for the passphrase comes first, and the chat page loads while it is being answered. The worker starts meanwhile. */
  #startWithVault(): void {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    this.#openChat({ loadAfter: asked });
    this.#openVault(null);
    const contents = this.#vault?.window.webContents;
    contents?.once("did-finish-load", () => setTimeout(resolve, CHAT_PAGE_FOLLOWS_MS).unref());
    contents?.once("destroyed", () => resolve());
    setTimeout(resolve, CHAT_PAGE_WAITS_MS).unref();
  }

  /** Opens the chat window, or brings it to the front, and the vault with what it waits for. */
  showChat(): void {
    this.#away = false;
    if (this.#chat === undefined) return this.#openChat({});
    const { window } = this.#chat;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    this.#vault?.window.show();
    this.#showTaskbarCount();
    this.#followVault();
  }

  #openChat(shown: { readonly hidden?: boolean; readonly loadAfter?: Promise<void> }): void {
    const { renderer, preload, folder } = this.#deps;
    const window = openChatWindow({
      root: join(renderer, "chat"),
      preload,
      devTools: this.#devTools,
      placementFile: folder.file("window-state.json"),
      ...shown,
    });
    const link = new PageLink<ShellContract>({
      contents: window.webContents,
      kind: "chat",
      contract: shellContract,
      handlers: pickChatHandlers(this.#handlers),
      handOver: (port) => this.#handOver("chat", port),
      log: this.#deps.log,
    });
    this.#chat = { window, link };
    window.setContentProtection(this.#settings.value.hideFromCapture);
    window.on("focus", () => this.#attention.seen());
    window.on("show", () => this.#showTaskbarCount());
    window.on("close", (event) => {
      if (!this.#background.outlivesWindow) return;
      event.preventDefault();
      this.#putAway(window);
    });
    window.once("closed", () => {
      link.close();
      this.#chat = undefined;
    });
    this.#recover("chat", window);
    this.#followVault();
  }

  /** The window is closed and the app goes on. What the vault asks waits until somebody is there again. */
  #putAway(window: BrowserWindow): void {
    this.#away = true;
    this.#vault?.window.hide();
    // macOS would leave an empty screen behind.
    if (window.isFullScreen()) {
      window.once("leave-full-screen", () => {
        if (this.#away) window.hide();
      });
      window.setFullScreen(false);
    } else window.hide();
  }

  #showCounts(counts: Counts): void {
    this.#unread = counts.unread;
    app.setBadgeCount(counts.unread);
    this.#showTaskbarCount();
    this.#background.told(counts);
  }

  /** A window that was away has a new button in the taskbar, without a number. */
  #showTaskbarCount(): void {
    if (this.#chat !== undefined)
      showTaskbarCount(this.#chat.window, this.#unread, { icons: this.#deps.trayIcons, platform: process.platform });
  }

  #lockNow(): void {
    const { account } = this.#deps;
    if (account.state.value.phase === "ready" && !account.lockable) {
      this.showChat();
      this.#openVault({ kind: "app-lock" });
    } else this.#autoLock.lock();
  }

  /** Nothing of the account stays in a page or on the desktop: the chat page starts anew, and what the vault was showing is gone. */
  #forget(): void {
    this.#attention.forget();
    this.#vaultIntent = null;
    this.#closeVault();
    this.#chat?.window.webContents.reload();
  }

  /**
   * The vault comes by itself when the worker or the state of the account needs a person there. It goes when its page says so, because what it shows
   * last (the new seal) wants to be looked at; only an account that is gone takes it along.
   */
  #followVault(): void {
    const { account } = this.#deps;
    const { phase } = account.state.value;
    if (account.vaultWanted.value || phase === "vault") this.#openVault(null);
    else if (phase === "signed-out" || phase === "failed") this.#closeVault();
  }

  /** `intent` is what it is opened for; null where the worker's task says so itself. */
  #openVault(intent: VaultIntent | null): void {
    // Nobody has asked for it in a window that is not there; what the worker or the account need is asked as it comes back.
    if (this.#away) return;
    if (intent !== null) this.#vaultIntent = intent;
    if (this.#vault !== undefined) {
      if (intent !== null) this.#vault.link.emit("vaultIntended", intent);
      this.#vault.window.focus();
      return;
    }
    if (this.#chat === undefined) return;
    const { renderer, preload } = this.#deps;
    const window = openVaultWindow(this.#chat.window, { root: join(renderer, "vault"), preload, devTools: this.#devTools });
    const link = new PageLink<VaultShellContract>({
      contents: window.webContents,
      kind: "vault",
      contract: vaultShellContract,
      handlers: pickVaultHandlers(this.#handlers),
      handOver: (port) => this.#handOver("vault", port),
      log: this.#deps.log,
    });
    this.#vault = { window, link };
    this.#recover("vault", window);
    window.once("closed", () => {
      link.close();
      if (this.#vault?.window === window) this.#vault = undefined;
    });
  }

  #closeVault(): void {
    const vault = this.#vault;
    if (vault === undefined) return;
    this.#vault = undefined;
    vault.link.close();
    if (!vault.window.isDestroyed()) vault.window.destroy();
  }

  #recover(kind: PageKind, window: BrowserWindow): void {
    const { log } = this.#deps;
    const askAgain = async (): Promise<boolean> => {
      const { response } = await dialog.showMessageBox(window, {
        type: "error",
        title: "Bulkhead",
        message: "This window has stopped working several times.",
        detail: "Your messages and keys are kept by another part of Bulkhead and are safe.",
        buttons: ["Try again", "Leave it"],
        defaultId: 0,
        cancelId: 1,
        noLink: true,
      });
      return response === 0;
    };
    recoverPage({ contents: window.webContents, kind, log, clock: systemClock, askAgain });
  }

  async #handOver(kind: PageKind, port: MessagePortMain): Promise<boolean> {
    const connected = await this.#deps.account.host.call("connectPort", { kind }, { transfer: [port] });
    return connected.ok;
  }

  #useTheme(settings: Settings): void {
    nativeTheme.themeSource = settings.theme === "light" || settings.theme === "dark" ? settings.theme : "system";
  }
}

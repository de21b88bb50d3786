import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright";
import { type HostApp, launchApp } from "../chromium-host/launch.ts";
import type { AppRuntime } from "../electron-binary.ts";

const root = join(import.meta.dirname, "..", "..");

/** The running app, on Electron or on the Chromium host. */
export interface DemoApp {
  chatPage(): Promise<Page>;
  vaultPage(): Promise<Page>;
  /** Whether a vault window is open now. */
  hasVault(): boolean;
  close(): Promise<void>;
  readonly exited: Promise<unknown>;
}

export type LaunchOptions = {
  readonly runtime: AppRuntime;
  readonly profileDir: string;
  readonly homeserver: string;
  readonly headless: boolean;
};

export async function launchDemoApp({ runtime, profileDir, homeserver, headless }: LaunchOptions): Promise<DemoApp> {
  mkdirSync(profileDir, { recursive: true });
  const args = [`--homeserver=${homeserver}`];
  if (runtime.kind === "chromium-host") {
    const viewport = { width: 1200, height: 800 };
    return onHost(await launchApp({ userData: profileDir, args, headless, ...(headless ? { viewport } : {}) }));
  }
  // Chromium refuses its sandbox to root.
  const sandbox = process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return onElectron(
    await _electron.launch({ executablePath: runtime.path, args: [root, ...sandbox, `--profile-dir=${profileDir}`, ...args] }),
  );
}

function onHost(app: HostApp): DemoApp {
  return {
    chatPage: () => app.chatPage(),
    vaultPage: () => app.vaultPage(),
    hasVault: () => app.pages().some((page) => page.url().includes("//vault.")),
    exited: app.exited,
    async close() {
      await app.close();
    },
  };
}

function onElectron(app: ElectronApplication): DemoApp {
  const pageOf = async (kind: string): Promise<Page> => {
    const known = app.windows().find((page) => page.url().startsWith(`app://${kind}/`));
    return known ?? app.waitForEvent("window", { predicate: (page) => page.url().startsWith(`app://${kind}/`), timeout: 15_000 });
  };
  return {
    chatPage: () => pageOf("chat"),
    vaultPage: () => pageOf("vault"),
    hasVault: () => app.windows().some((page) => page.url().startsWith("app://vault/")),
    exited: new Promise<void>((resolve) => app.once("close", () => resolve())),
    close: () => app.close(),
  };
}

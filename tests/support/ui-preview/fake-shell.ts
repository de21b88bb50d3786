import type { ParamsOf, ResultOf } from "../../../protocol/define.ts";
import { parseMatrixLink } from "../../../protocol/matrix-link.ts";
import type { UpdateState } from "../../../protocol/messages/update-state.ts";
import { errorCodeSchema, type ErrorCode } from "../../../protocol/errors.ts";
import {
  settingsSchema,
  shellContract,
  type AppState,
  type Connection,
  type Settings,
  type ShellContract,
} from "../../../protocol/shell.ts";
import { DIAGNOSTICS, ME } from "./fixture.ts";

declare global {
  interface Window {
    /** For tests: what main would push, and what it was asked for. */
    fakeShell?: { emit: (event: string, payload: unknown) => void; calls: ReadonlyArray<readonly [method: string, params: unknown]> };
  }
}

type Answers = { readonly [K in keyof ShellContract]?: (params: never) => unknown };

/** Puts a stand-in for the preload's bridge on the window; the scene decides what main would say, `more` what it says besides or instead. */
export function installShell(scene: string, query: URLSearchParams, more: Answers = {}): void {
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  const emit = (event: string, payload: unknown): void => listeners.get(event)?.forEach((listener) => listener(payload));
  let settings: Settings = {
    theme: settingsSchema.shape.theme.catch("light").parse(query.get("theme")),
    notifications: "all",
    notificationPreview: true,
    sidebarCollapsed: query.has("collapsed"),
    sendTyping: true,
    sendReadReceipts: true,
    enterSends: true,
    language: "en",
    autoLockMinutes: 15,
    lockOnSuspend: true,
    hideFromCapture: false,
    dailyUpdateCheck: !query.has("noupdatecheck"),
    keepRunning: query.has("background"),
    startWithSystem: false,
  };
  const fail = query.get("shellfail");
  const code: ErrorCode | null = fail === null ? null : errorCodeSchema.parse(fail);

  const answers: Answers = {
    about: (): ResultOf<ShellContract["about"]> => ({
      version: "0.1.0",
      commit: "5487b1e0c4a1d0f3b2a19c7d8e6f5a4b3c2d1e0f",
      platform: "linux",
      host: "Chromium 156 on Linux",
      keychain: query.has("nolock"),
      autostart: !query.has("noautostart"),
      suggestedHomeserver: query.get("server"),
    }),
    appState: () => appState(scene, query),
    connection: () => connection(scene),
    settings: () => settings,
    changeSettings(change: Partial<Settings>) {
      settings = { ...settings, ...change };
      emit("settingsChanged", settings);
      return settings;
    },
    discover({ server }: ParamsOf<ShellContract["discover"]>) {
      if (!server.includes(".")) return "not-a-homeserver";
      return {
        baseUrl: `https://matrix.${server}`,
        password: !query.has("ssoonly"),
        sso: query.has("sso")
          ? [
              { id: "oidc-harbour", name: "Harbour login" },
              { id: null, name: "" },
            ]
          : [],
        registration: !query.has("noregister"),
      };
    },
    loginPassword: () => "wrong-credentials",
    setAccountAside() {
      emit("appStateChanged", { phase: "signed-out" });
      return { folder: "/home/robin/.config/bulkhead/account/set-aside/2025-11-18T15-42-10" };
    },
    openExternal: () => ({ opened: false }),
    diagnostics: () => ({ text: DIAGNOSTICS }),
    saveDiagnostics: () => ({ saved: true }),
    quiet: () => ({ quiet: query.has("quiet") }),
    setQuiet: (params: ParamsOf<ShellContract["setQuiet"]>) => {
      emit("quietChanged", params);
      return {};
    },
    takeVaultIntent: () => null,
    takeLink: () => parseMatrixLink(query.get("link") ?? "") ?? null,
    updates: () => updateState(query),
    ...more,
  };
  const calls: Array<readonly [method: string, params: unknown]> = [];
  const call = async (method: string, params: unknown): Promise<unknown> => {
    calls.push([method, params]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const verb = Object.entries(shellContract).find(([name]) => name === method)?.[1];
    if (verb?.kind !== "call" || !verb.params.safeParse(params).success) return { ok: false, error: { code: "invalid-request" } };
    if (code !== null && !["about", "appState", "connection", "settings"].includes(method)) return { ok: false, error: { code } };
    const answer = Object.entries(answers).find(([name]) => name === method)?.[1];
    const value: unknown = answer === undefined ? {} : await answer(params as never);
    return typeof value === "string" ? { ok: false, error: { code: value } } : { ok: true, value: verb.result.parse(value) };
  };
  const on = (event: string, listener: (payload: unknown) => void): (() => void) => {
    const set = listeners.get(event) ?? new Set();
    listeners.set(event, set.add(listener));
    return () => set.delete(listener);
  };
  Object.defineProperty(window, "bulkhead", { value: { shell: { call, on, cancel: () => undefined }, requestPort: () => undefined } });
  window.fakeShell = { emit, calls };
}

function appState(scene: string, query: URLSearchParams): AppState {
  switch (scene) {
    case "starting":
      return { phase: "starting" };
    case "sign-in":
      return { phase: "signed-out" };
    case "vault-create":
      return { phase: "vault", task: "create-passphrase", userId: ME };
    case "vault-unlock":
      return { phase: "vault", task: "unlock", userId: ME };
    case "opening":
      return { phase: "opening", userId: ME };
    case "failed":
      return { phase: "failed", code: errorCodeSchema.parse(query.get("code") ?? "store-corrupt"), userId: ME };
    case "soft-logout":
      return { phase: "soft-logged-out", userId: ME, deviceId: "BULKHEAD01", homeserver: "https://matrix.harbour.example" };
    case "logged-out":
      return { phase: "logged-out-by-server", userId: ME };
    default:
      return { phase: "ready", userId: ME, deviceId: "BULKHEAD01", appLock: !query.has("nolock") };
  }
}

/** `updates=PHASE`, with what the phase needs made up. */
function updateState(query: URLSearchParams): UpdateState {
  const version = "0.2.0";
  switch (query.get("updates")) {
    case "packages":
      return { phase: "managed", by: "packages" };
    case "idle":
      return { phase: "idle", checkedAt: null };
    case "current":
      return { phase: "idle", checkedAt: Date.now() - 3_600_000 };
    case "downloading":
      return { phase: "downloading", version, received: 48_300_000, size: 112_000_000 };
    case "ready":
      return { phase: "ready", version };
    case "failed":
      return { phase: "failed", code: "update-untrusted", version };
    default:
      return { phase: "off" };
  }
}

function connection(scene: string): Connection {
  const retryAt = Date.now() + 12_000;
  switch (scene) {
    case "offline":
      return { state: "offline", retryAt: null, workerRestarting: false };
    case "unreachable":
      return { state: "server-unreachable", retryAt, workerRestarting: false };
    case "rate-limited":
      return { state: "rate-limited", retryAt, workerRestarting: false };
    case "restarting":
      return { state: "online", retryAt: null, workerRestarting: true };
    default:
      return { state: "online", retryAt: null, workerRestarting: false };
  }
}

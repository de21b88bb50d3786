import type { AppState, Settings } from "../../protocol/shell.ts";
import type { Observed } from "../crypto-host/observed.ts";
import type { Autostart } from "../desktop/autostart.ts";
import { type Counts, decideTrayFace, type TrayFace } from "../desktop/tray-face.ts";
import type { Log } from "../logging/log.ts";

export type BackgroundDeps = {
  readonly settings: Observed<Settings>;
  readonly state: Observed<AppState>;
  readonly quiet: Observed<boolean>;
  readonly tray: { show(face: TrayFace, quiet: boolean): void; remove(): void };
  /** The app was started without a window. */
  readonly startedHidden: boolean;
};

/** The app without a window: whether it goes on as one is closed, and the icon that brings the window back. */
export class Background {
  readonly #deps: BackgroundDeps;
  #counts: Counts = { unread: 0, mentions: 0 };
  #leaving = false;

  constructor(deps: BackgroundDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { settings, state, quiet } = this.#deps;
    settings.watch(() => this.#follow());
    quiet.watch(() => this.#follow());
    state.watch(() => this.#follow());
    this.#follow();
  }

  /** Whether a window that is closed is to be put away only. */
  get outlivesWindow(): boolean {
    return this.#deps.settings.value.keepRunning && !this.#leaving;
  }

  told(counts: Counts): void {
    this.#counts = counts;
    this.#follow();
  }

  /** The app ends: from now on a closed window is gone, and so is the icon. */
  leave(): void {
    this.#leaving = true;
    this.#follow();
  }

  #follow(): void {
    const { settings, state, quiet, tray, startedHidden } = this.#deps;
    const wanted = !this.#leaving && (settings.value.keepRunning || startedHidden);
    if (wanted) tray.show(decideTrayFace(state.value, this.#counts), quiet.value);
    else tray.remove();
  }
}

/**
 * The settings at a start, as the system sees them: a start with it that was switched off in its own settings is off. One that is on is written anew, since
 * the program may have moved.
 */
export function followSystem(settings: Settings, autostart: Autostart | undefined, log: Log): Settings {
  if (!settings.startWithSystem) return settings;
  if (autostart?.isOn() !== true) return { ...settings, startWithSystem: false };
  try {
    autostart.set(true);
  } catch (error) {
    log.bug("autostart.failed", error);
  }
  return settings;
}

import { LooseEmitter } from "./emitter.ts";
import { testLink } from "./test-link.ts";

/** A page whose media queries follow the theme. */
interface Follower {
  emulateColorScheme(scheme: "light" | "dark"): void;
}

/** The module `nativeTheme`. The system counts as light unless `CHROMIUM_HOST_DARK=1` or a test says otherwise. */
class NativeTheme
  extends LooseEmitter
  implements
    Pick<Electron.NativeTheme, "shouldUseDarkColors" | "themeSource" | "shouldUseHighContrastColors" | "prefersReducedTransparency">
{
  readonly shouldUseHighContrastColors = false;
  readonly prefersReducedTransparency = false;
  readonly inForcedColorsMode = false;
  #source: "system" | "light" | "dark" = "system";
  #systemIsDark = process.env["CHROMIUM_HOST_DARK"] === "1";
  readonly #followers = new Set<Follower>();

  constructor() {
    super();
    testLink.onOrder((order) => {
      if (order.t !== "system-dark") return;
      this.#systemIsDark = order.dark;
      this.#update();
    });
  }

  get shouldUseDarkColors(): boolean {
    return this.#source === "system" ? this.#systemIsDark : this.#source === "dark";
  }

  get themeSource(): "system" | "light" | "dark" {
    return this.#source;
  }

  set themeSource(source: "system" | "light" | "dark") {
    this.#source = source;
    this.#update();
  }

  /** Used by the host. */
  get emulated(): "light" | "dark" {
    return this.shouldUseDarkColors ? "dark" : "light";
  }

  follow(page: Follower): void {
    this.#followers.add(page);
  }

  unfollow(page: Follower): void {
    this.#followers.delete(page);
  }

  #update(): void {
    for (const page of this.#followers) page.emulateColorScheme(this.emulated);
    this.emit("updated");
  }
}

export const nativeTheme = new NativeTheme();

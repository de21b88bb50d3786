import { isHeadless } from "./browser.ts";
import type { CdpSession } from "./cdp.ts";

/** What a page is made to believe of the desktop around it, from its first moment on. */
export class PageConditions {
  #session: CdpSession | undefined;
  #scheme: "light" | "dark";
  #focused = false;
  #ignoresInput = false;

  constructor(scheme: "light" | "dark") {
    this.#scheme = scheme;
  }

  attach(session: CdpSession): void {
    this.#session = session;
    this.colorScheme = this.#scheme;
    this.focused = this.#focused;
    if (this.#ignoresInput) this.ignoresInput = true;
  }

  /** What the page's media queries see. */
  set colorScheme(scheme: "light" | "dark") {
    this.#scheme = scheme;
    this.#session?.post("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  }

  get focused(): boolean {
    return this.#focused;
  }

  /** Whether it has the keyboard. Emulated only without a display, where no window manager decides. */
  set focused(focused: boolean) {
    this.#focused = focused;
    if (isHeadless) this.#session?.post("Emulation.setFocusEmulationEnabled", { enabled: focused });
  }

  /** A window below a modal one takes no input. */
  set ignoresInput(ignores: boolean) {
    this.#ignoresInput = ignores;
    this.#session?.post("Input.setIgnoreInputEvents", { ignore: ignores });
  }
}

/** What the host tells an end-to-end test that launched it. */
export type HostReport =
  | { readonly t: "endpoint"; readonly url: string }
  | { readonly t: "opened-external"; readonly url: string }
  | { readonly t: "dialog"; readonly id: number; readonly kind: DialogKind; readonly options: unknown }
  | { readonly t: "utility"; readonly pid: number; readonly service: string; readonly running: boolean }
  | { readonly t: "recorded"; readonly what: string; readonly value: unknown };
export type DialogKind = "message" | "open" | "save" | "error";

/** What the test tells the host. */
export type TestOrder =
  | { readonly t: "dialog-answer"; readonly id: number; readonly answer: unknown }
  | { readonly t: "answer-dialogs"; readonly enabled: boolean }
  | { readonly t: "menu"; readonly label: string }
  | { readonly t: "tray-click" }
  | { readonly t: "tray-menu"; readonly label: string }
  /** As the frame's own button would. */
  | { readonly t: "close-window" }
  | { readonly t: "power"; readonly event: "suspend" | "resume" | "lock-screen" | "unlock-screen" }
  | { readonly t: "idle"; readonly seconds: number }
  | { readonly t: "system-dark"; readonly dark: boolean }
  | { readonly t: "quit" };

/**
 * The IPC channel to the test process that started this host with `CHROMIUM_HOST_TEST=1`. Without it every report goes nowhere and
 * there is no debugging port.
 */
class TestLink {
  readonly wantsDebuggingPort = process.env["CHROMIUM_HOST_TEST"] === "1" && process.send !== undefined;
  readonly #handlers: ((order: TestOrder) => void)[] = [];

  constructor() {
    if (!this.wantsDebuggingPort) return;
    process.on("message", (order: TestOrder) => {
      for (const handler of this.#handlers) handler(order);
    });
    // A host must not outlive the test that started it.
    process.on("disconnect", () => process.exit(1));
    process.channel?.unref();
  }

  get connected(): boolean {
    return this.wantsDebuggingPort && process.connected;
  }

  report(report: HostReport): void {
    if (this.connected) process.send?.(report);
  }

  onOrder(handler: (order: TestOrder) => void): void {
    this.#handlers.push(handler);
  }
}

export const testLink = new TestLink();

/** Tells when the start got to a step, for `tests/bench/start.ts`. */
export function markStart(step: string): void {
  testLink.report({ t: "recorded", what: `start: ${step}`, value: Date.now() });
}

import type { WebContents } from "electron";
import { decideRestart } from "../crypto-host/restart-policy.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import type { PageKind } from "../security/page-file.ts";

export type PageRecoveryDeps = {
  readonly contents: Pick<WebContents, "on" | "reload" | "isDestroyed">;
  readonly kind: PageKind;
  readonly log: Log;
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** The page does not live, however often it is loaded. Resolves to whether the person wants another try. */
  readonly askAgain: () => Promise<boolean>;
};

/** Loads a page anew whose process has died: at once the first time, later after more, and then only when a person says so. Nothing is lost with a page. */
export function recoverPage({ contents, kind, log, clock, askAgain }: PageRecoveryDeps): void {
  let crashes: number[] = [];
  const recover = async (): Promise<void> => {
    const decision = decideRestart(crashes, clock.now());
    if (decision.restart) await clock.sleep(decision.afterMs);
    else if (await askAgain()) crashes = [];
    else return;
    if (!contents.isDestroyed()) contents.reload();
  };
  contents.on("render-process-gone", (_event, { reason }) => {
    log.error("renderer.gone", { kind, code: reason });
    if (reason === "clean-exit" || contents.isDestroyed()) return;
    crashes.push(clock.now());
    void recover();
  });
}

import { CodedError } from "../../protocol/errors.ts";
import type { Settings } from "../../protocol/shell.ts";
import type { Account } from "../account/account.ts";
import type { Observed } from "../crypto-host/observed.ts";
import type { Log } from "../logging/log.ts";

const LOOK_MS = 15_000;

export type AutoLockDeps = {
  readonly account: Pick<Account, "lock" | "lockable" | "state">;
  readonly settings: Observed<Settings>;
  /** Electron's, as far as it is needed. Idle time is in seconds, of the whole system. */
  readonly power: { getSystemIdleTime(): number; on(event: "suspend" | "lock-screen", listener: () => void): unknown };
  readonly log: Log;
};

/** Locks the app when nobody is at the computer any more, as far as the settings want it and there is an app lock. */
export class AutoLock {
  readonly #deps: AutoLockDeps;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: AutoLockDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { account, settings, power } = this.#deps;
    account.state.watch(() => this.#follow());
    settings.watch(() => this.#follow());
    for (const event of ["suspend", "lock-screen"] as const) {
      power.on(event, () => {
        if (settings.value.lockOnSuspend) this.lock();
      });
    }
    this.#follow();
  }

  /** Locks where there is something to lock. */
  lock(): void {
    const { account, log } = this.#deps;
    if (!account.lockable) return;
    account.lock().catch((error: unknown) => {
      // Between the look and the lock the account may have been closed in another way.
      if (error instanceof CodedError) log.warn("lock.refused", { code: error.code });
      else log.bug("lock.failed", error);
    });
  }

  /** Looks at the idle time only while that could matter. */
  #follow(): void {
    const { account, settings } = this.#deps;
    const wanted = account.lockable && settings.value.autoLockMinutes > 0;
    if (!wanted) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    const { settings, power } = this.#deps;
    const minutes = settings.value.autoLockMinutes;
    if (minutes > 0 && power.getSystemIdleTime() >= minutes * 60) this.lock();
  }
}

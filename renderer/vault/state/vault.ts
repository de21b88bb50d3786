import { createContext, useContext } from "react";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import type { VaultIntent } from "../../../protocol/messages/vault-intent.ts";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import type { Result } from "../../../protocol/result.ts";
import type { AppState, ShellContract } from "../../../protocol/shell.ts";
import type { Job, Seal, VaultContract, VaultTask } from "../../../protocol/vault.ts";
import type { Shell } from "../../ui/shell.ts";
import { Store } from "../../ui/store.ts";
import type { WorkerLink } from "../../ui/worker-link.ts";
import { isLive } from "../verification/names.ts";

/** What the page shows. Whatever it can be asked for is a screen; steps within one are the screen's own. */
export type Screen = VaultIntent;

/** How a change of the app lock stands, from the moment it is asked for until its result was seen. */
export type LockChange =
  | { readonly state: "asked"; readonly how: LockChangeKind }
  | { readonly state: "done"; readonly how: LockChangeKind }
  | { readonly state: "failed"; readonly how: LockChangeKind; readonly code: ErrorCode };
export type LockChangeKind = "set" | "changed" | "removed";

const HOME: Screen = { kind: "home" };

/** Everything that the vault page knows and where in it one is, as stores that its parts subscribe to. Nothing here is on disk. */
export class Vault {
  readonly link: WorkerLink<VaultContract>;
  readonly shell: Shell;

  readonly task = new Store<VaultTask | null>(null);
  readonly seal = new Store<Seal | null>(null);
  readonly safety = new Store<Safety | null>(null);
  readonly safetyError = new Store<ErrorCode | null>(null);
  /** Null until the worker has told. */
  readonly verifications = new Store<readonly VerificationView[] | null>(null);
  readonly jobs = new Store<readonly Job[]>([]);
  readonly app = new Store<AppState>({ phase: "starting" });
  readonly about = new Store<ResultOf<ShellContract["about"]> | null>(null);

  /** `visit` changes with every way to a screen, so that a screen which is entered again begins anew. */
  readonly place = new Store<{ readonly screen: Screen; readonly visit: number }>({ screen: HOME, visit: 0 });
  /** What another window has asked for while something here must not be taken away. */
  readonly asked = new Store<VaultIntent | null>(null);
  /** Whether it is known what the window was opened for. */
  readonly settled = new Store(false);
  readonly lockChange = new Store<LockChange | null>(null);
  #holds = 0;
  readonly #guards: Array<() => void> = [];

  constructor(link: WorkerLink<VaultContract>, shell: Shell) {
    this.link = link;
    this.shell = shell;
  }

  /** Begins to listen; answers what ends it. */
  start(): () => void {
    const { link, shell } = this;
    const stops = [
      link.onAttach(() => this.#askWorker()),
      link.on("taskChanged", (task) => {
        this.task.set(task);
        // It also tells that a store has opened: only from then on there is a seal, and an account to look after.
        this.#askWorker();
      }),
      link.on("safetyChanged", (safety) => this.#keepSafety(safety)),
      link.on("verificationsChanged", (all) => this.verifications.set(all)),
      link.on("jobsChanged", (jobs) => this.jobs.set(jobs)),
      shell.on("appStateChanged", (state) => this.app.set(state)),
      shell.on("vaultIntended", (intent) => this.#intend(intent)),
    ];
    if (link.connected) this.#askWorker();
    void shell.call("appState", {}).then((answer) => answer.ok && this.app.set(answer.value));
    void shell.call("about", {}).then((answer) => answer.ok && this.about.set(answer.value));
    void shell.call("takeVaultIntent", {}).then((answer) => {
      if (answer.ok && answer.value !== null) this.#intend(answer.value);
      this.settled.set(true);
    });
    return () => stops.forEach((stop) => stop());
  }

  go(screen: Screen): void {
    if (!sameScreen(this.place.value.screen, screen)) this.#leave();
    this.asked.update((asked) => (asked !== null && sameScreen(asked, screen) ? null : asked));
    this.place.update(({ visit }) => ({ screen, visit: visit + 1 }));
  }

  home(): void {
    this.go(HOME);
  }

  close(): void {
    this.#leave();
    void this.shell.call("closeVault", {});
  }

  /** A verification whose end was on the screen need not be listed any longer. */
  #leave(): void {
    const { screen } = this.place.value;
    if (screen.kind !== "verification") return;
    const view = this.verifications.value?.find(({ flowId }) => flowId === screen.flowId);
    if (view !== undefined && !isLive(view)) void this.link.call("dismissVerification", { flowId: view.flowId });
  }

  /** Keeps what is on the screen from being taken away by another window's wish, until the answered function is called. */
  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (held) this.#holds--;
      held = false;
    };
  }

  /** Until the answered function is called, a wish to leave the screen calls `onWish` instead; the last that asked for it gets it. */
  guard(onWish: () => void): () => void {
    this.#guards.push(onWish);
    return () => {
      const at = this.#guards.indexOf(onWish);
      if (at >= 0) this.#guards.splice(at, 1);
    };
  }

  /** Goes to another screen, unless this one has something to say about that. */
  leaveFor(screen: Screen): void {
    const guard = this.#guards.at(-1);
    if (guard === undefined) this.go(screen);
    else guard();
  }

  /** What Escape does: back to the overview, from there out. Never confirms anything. */
  escape(): void {
    const idle = this.task.value?.kind === "idle";
    if (idle && this.place.value.screen.kind === "home") this.close();
    else if (idle) this.leaveFor(HOME);
    else if (this.app.value.phase === "ready") void this.link.call("cancelTask", {});
    else this.close();
  }

  /** The result of a change of the app lock was on the screen. */
  sawLockChange(): void {
    this.lockChange.update((change) => (change?.state === "asked" ? change : null));
  }

  askSeal(): void {
    void this.link.call("seal", {}).then((answer) => answer.ok && this.seal.set(answer.value));
  }

  askSafety(): void {
    void this.link.call("safety", {}).then((answer) => this.#heardSafety(answer));
  }

  askVerifications(): void {
    void this.link.call("verifications", {}).then((answer) => answer.ok && this.verifications.set(answer.value));
  }

  /** Has the app lock changed. The worker's task for it comes meanwhile; the answer comes when main has written the profile. */
  changeAppLock(how: LockChangeKind): void {
    if (this.lockChange.value?.state === "asked") return;
    this.lockChange.set({ state: "asked", how });
    void this.shell.call("changeAppLock", { to: how === "removed" ? "keychain" : "passphrase" }).then((answer) => {
      if (answer.ok) this.lockChange.set({ state: "done", how });
      else this.lockChange.set(answer.error.code === "cancelled" ? null : { state: "failed", how, code: answer.error.code });
    });
  }

  #intend(intent: VaultIntent): void {
    // A change of the app lock belongs to its screen; any other task comes before all screens, and they wait behind it.
    const changing = this.app.value.phase === "ready" && this.task.value !== null && this.task.value.kind !== "idle";
    const busy = this.#holds > 0 || changing;
    if (sameScreen(this.place.value.screen, intent)) return;
    if (busy) this.asked.set(intent);
    else this.go(intent);
  }

  #askWorker(): void {
    const { link } = this;
    void link.call("task", {}).then((answer) => answer.ok && this.task.set(answer.value));
    this.askVerifications();
    void link.call("jobs", {}).then((answer) => answer.ok && this.jobs.set(answer.value));
    this.askSeal();
    this.askSafety();
  }

  #heardSafety(answer: Result<Safety, RpcError>): void {
    if (answer.ok) this.#keepSafety(answer.value);
    else this.safetyError.set(answer.error.code);
  }

  #keepSafety(safety: Safety): void {
    this.safetyError.set(null);
    this.safety.set(safety);
  }
}

export const VaultContext = createContext<Vault | null>(null);

export function useVault(): Vault {
  const vault = useContext(VaultContext);
  if (vault === null) throw new Error("outside of the vault");
  return vault;
}

/** The account's own id, where one is signed in. */
export const ownUserId = (app: AppState): string | null => ("userId" in app ? app.userId : null);

const sameScreen = (one: Screen, other: Screen): boolean => JSON.stringify(one) === JSON.stringify(other);

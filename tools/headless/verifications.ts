import { CodedError } from "../../protocol/errors.ts";
import type { VerificationView } from "../../protocol/messages/verification-view.ts";
import type { VaultContract } from "../../protocol/vault.ts";
import type { WorkerLink } from "../../renderer/ui/worker-link.ts";
import { waitFor } from "./wait-for.ts";

/** The surface's states of a verification, in the order in which they are reached. */
export const verificationStates = ["requested", "ready", "started", "done", "cancelled"] as const;
export type VerificationState = (typeof verificationStates)[number];

/** The verifications of the account, followed as the vault page follows them. */
export class Verifications {
  readonly #vault: WorkerLink<VaultContract>;
  readonly #listeners = new Set<() => void>();
  /** Ends that were told already: no answer to who waits for the end of any. */
  readonly #told = new Set<string>();
  #views: readonly VerificationView[] = [];
  #changes = 0;

  constructor(vault: WorkerLink<VaultContract>) {
    this.#vault = vault;
    vault.on("verificationsChanged", (views) => this.#set(views));
    vault.onAttach(() => this.#set([]));
  }

  /** The verification of that id as soon as `wanted` says yes; undefined when the deadline has passed. */
  async find(flowId: string, wanted: (view: VerificationView) => boolean, deadline: number): Promise<VerificationView | undefined> {
    await this.#load();
    return this.#tell(await this.#wait((view) => view.flowId === flowId && wanted(view), deadline));
  }

  /** The newest verification that has come so far. Those that were over before have nothing to do with what is waited for, unless that is an end. */
  async findAny(state: VerificationState, deadline: number): Promise<VerificationView | undefined> {
    await this.#load();
    const isEnd = state === "done" || state === "cancelled";
    const over = new Set(isEnd ? this.#told : this.#views.filter(isOver).map(({ flowId }) => flowId));
    return this.#tell(await this.#wait((view) => !over.has(view.flowId) && hasReached(view, state), deadline));
  }

  async #load(): Promise<void> {
    const before = this.#changes;
    const answer = await this.#vault.call("verifications", {});
    if (!answer.ok) throw new CodedError(answer.error.code, answer.error.retryAfterMs);
    // What was told meanwhile is newer than the answer.
    if (this.#changes === before) this.#set(answer.value);
  }

  #wait(wanted: (view: VerificationView) => boolean, deadline: number): Promise<VerificationView | undefined> {
    return waitFor(
      () => this.#views.findLast(wanted),
      (changed) => {
        this.#listeners.add(changed);
        return () => this.#listeners.delete(changed);
      },
      deadline,
    );
  }

  #tell(view: VerificationView | undefined): VerificationView | undefined {
    if (view !== undefined && isOver(view)) this.#told.add(view.flowId);
    return view;
  }

  #set(views: readonly VerificationView[]): void {
    this.#views = views;
    this.#changes += 1;
    for (const listener of this.#listeners) listener();
  }
}

export function verificationState({ state }: VerificationView): VerificationState {
  switch (state) {
    case "asking":
    case "asked":
      return "requested";
    case "ready":
    case "qr-shown":
      return "ready";
    case "done":
    case "cancelled":
      return state;
    default:
      return "started";
  }
}

/** A state counts as reached once a later one is. */
export function hasReached(view: VerificationView, state: VerificationState): boolean {
  return verificationStates.indexOf(verificationState(view)) >= verificationStates.indexOf(state);
}

const isOver = ({ state }: VerificationView): boolean => state === "done" || state === "cancelled";

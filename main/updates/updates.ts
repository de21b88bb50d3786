import { CodedError, type ErrorCode } from "../../protocol/errors.ts";
import type { UpdateState } from "../../protocol/messages/update-state.ts";
import { Observed } from "../crypto-host/observed.ts";
import type { Log } from "../logging/log.ts";
import type { Clock } from "../matrix/clock.ts";
import { errorCodeOfFailure } from "../matrix/json-exchange.ts";
import type { Transport } from "../matrix/transport.ts";
import { feedFile, fetchOffer } from "./fetch-offer.ts";
import type { Installer } from "./install/installer.ts";
import { NewestSeen } from "./newest-seen.ts";
import { PackageFiles } from "./package-file.ts";
import type { Installed, Offer } from "./release.ts";
import { stepUpdates, type UpdateEffect, type UpdateInput, type Updating, viewOfUpdates } from "./step-updates.ts";
import type { UpdateFeed } from "./update-feed.ts";

/** What this copy can do about newer versions. */
export type UpdatePlan =
  | { readonly kind: "off" }
  | { readonly kind: "managed"; readonly by: "flatpak" | "packages" }
  | { readonly kind: "self"; readonly feed: UpdateFeed; readonly installed: Installed; readonly installer: Installer };

export type UpdatesDeps = {
  readonly plan: UpdatePlan;
  /** Where packages arrive; made when there is one. */
  readonly folder: string;
  /** The file that remembers the newest announcement; beside the packages, which come and go. */
  readonly seenFile: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Closes everything, then takes the last step, which ends the app. */
  readonly leave: (last: () => void) => Promise<void>;
};

/** So that a start is not slowed down, and that not all copies ask at once. */
const FIRST_CHECK_MS = { min: 20_000, max: 90_000 };
const NEXT_CHECK_MS = { min: 22 * 3_600_000, max: 26 * 3_600_000 };
/** For every pause in which no byte moves. */
const DOWNLOAD_PAUSE_MS = 60_000;

/** Looks for newer versions and fetches them. It installs one when a person asks for it, never by itself. */
export class Updates {
  readonly state: Observed<UpdateState>;
  readonly #deps: UpdatesDeps;
  readonly #files: PackageFiles;
  #machine: Updating;
  #work: AbortController | undefined;

  constructor(deps: UpdatesDeps) {
    this.#deps = deps;
    this.#files = new PackageFiles(deps.folder);
    this.#machine = firstState(deps.plan);
    this.state = new Observed(viewOfUpdates(this.#machine));
  }

  /** Checks soon, and then once a day, whenever the person wants that. Without a feed it does nothing at all. */
  start(isWanted: () => boolean): void {
    if (this.#deps.plan.kind === "self") void this.#checkDaily(isWanted);
  }

  /** False where there is nothing to check, or something is under way. */
  check(): boolean {
    return this.#input({ kind: "check", by: "person" });
  }

  cancel(): void {
    this.#input({ kind: "cancel" });
  }

  /** False where nothing is ready. */
  install(): boolean {
    return this.#input({ kind: "install" });
  }

  async #checkDaily(isWanted: () => boolean): Promise<void> {
    const { clock } = this.#deps;
    await clock.sleep(decideWait(FIRST_CHECK_MS, clock.random()));
    for (;;) {
      if (isWanted()) this.#input({ kind: "check", by: "timer" });
      await clock.sleep(decideWait(NEXT_CHECK_MS, clock.random()));
    }
  }

  /** Answers whether anything came of it. */
  #input(input: UpdateInput): boolean {
    const { state, effect } = stepUpdates(this.#machine, input);
    const changed = state !== this.#machine;
    this.#machine = state;
    if (changed) {
      if (input.kind !== "received")
        this.#deps.log.info("updates.phase", { phase: state.phase, ...("code" in state ? { code: state.code } : {}) });
      this.state.set(viewOfUpdates(state));
    }
    if (effect !== null) this.#do(effect);
    return changed;
  }

  #do(effect: UpdateEffect): void {
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    if (effect.kind === "stop") return;
    this.#run(effect, work.signal).then(
      (input) => {
        // What was given up, or replaced, has nothing to say any more.
        if (!work.signal.aborted) this.#input(input);
      },
      (error: unknown) => {
        if (!(error instanceof CodedError)) this.#deps.log.bug("updates.bug", error);
        if (!work.signal.aborted) this.#input({ kind: "failed", code: error instanceof CodedError ? error.code : "internal" });
      },
    );
  }

  /** Does it, and answers with what came of it. */
  async #run(effect: Exclude<UpdateEffect, { kind: "stop" }>, signal: AbortSignal): Promise<UpdateInput> {
    const { plan, transport, clock } = this.#deps;
    if (plan.kind !== "self") throw new Error("a copy that does not update itself has nothing to do");
    switch (effect.kind) {
      case "fetch": {
        const seen = new NewestSeen(this.#deps.seenFile, plan.feed.channel);
        const found = await fetchOffer(transport, plan.feed, plan.installed, seen.read(), () => clock.now(), signal);
        if (!found.ok) return { kind: "failed", code: found.error };
        const { offer, issued } = found.value;
        seen.remember(issued);
        if (offer === null) await this.#files.discard();
        return { kind: "found", offer, at: clock.now() };
      }
      case "download": {
        const failure = await this.#download(plan.feed, effect.offer, signal);
        return failure === undefined ? { kind: "downloaded" } : { kind: "failed", code: failure };
      }
      case "install":
        await this.#install(plan.installer, effect.offer);
        // The app ends now; whoever still sees this state sees the truth.
        return { kind: "downloaded" };
    }
  }

  async #download(feed: UpdateFeed, offer: Offer, signal: AbortSignal): Promise<ErrorCode | undefined> {
    await this.#files.clear(offer);
    if (await this.#files.has(offer)) return undefined;
    let told = 0;
    const received = (bytes: number): void => {
      // A hundred news are enough for any progress bar.
      if (signal.aborted || bytes - told < offer.size / 100) return;
      told = bytes;
      this.#input({ kind: "received", bytes });
    };
    const answer = await this.#deps.transport.send({
      method: "GET",
      url: feedFile(feed, offer.file),
      headers: {},
      timeoutMs: DOWNLOAD_PAUSE_MS,
      maxBytes: offer.size,
      sink: this.#files.sink(offer, received),
      signal,
    });
    if (!answer.ok) return answer.error === "too-large" ? "update-untrusted" : errorCodeOfFailure(answer.error);
    return answer.value.status === 200 ? undefined : "server-error";
  }

  async #install(installer: Installer, offer: Offer): Promise<void> {
    // SECURITY: the file may have lain there for days; what is started is what was signed.
    if (!(await this.#files.has(offer))) throw new CodedError("update-untrusted");
    const last = await installer.prepare(this.#files.pathOf(offer));
    await this.#deps.leave(last);
  }
}

const decideWait = ({ min, max }: { readonly min: number; readonly max: number }, random: number): number => min + (max - min) * random;

function firstState(plan: UpdatePlan): Updating {
  switch (plan.kind) {
    case "off":
      return { phase: "off" };
    case "managed":
      return { phase: "managed", by: plan.by };
    case "self":
      return { phase: "idle", checkedAt: null };
  }
}

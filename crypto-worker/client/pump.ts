import { err, ok, type Result } from "../../protocol/result.ts";
import type { RequestOutcome } from "../machine/machine-parts.ts";
import type { OutgoingRequest } from "../machine/requests/outgoing-request.ts";
import { describeError } from "../log.ts";
import { delay, type BackOff } from "./back-off.ts";
import { inBackground } from "./background.ts";
import type { ClientContext } from "./context.ts";
import type { HttpFailure } from "./http.ts";
import type { Machine } from "./machine.ts";
import { Retries } from "./retries.ts";

type PumpContext = Pick<ClientContext, "machine" | "http" | "log" | "commit" | "isClosed">;

const BACK_OFF: BackOff = { firstMs: 1000, maxMs: 300_000 };

/**
 * Sends what the machine wants sent and reports the answers, until nothing is due. Each request is in flight once, whoever asks for it; one
 * that fails backs off by itself and holds up no other.
 */
export class RequestPump {
  readonly #context: PumpContext;
  readonly #inFlight = new Map<string, Promise<Result<void, HttpFailure>>>();
  readonly #retries: Retries<string>;
  #divert: (request: OutgoingRequest) => boolean = () => false;
  #online = true;
  #stopped = false;

  constructor(context: PumpContext) {
    this.#context = context;
    this.#retries = new Retries(context, BACK_OFF, () => this.trigger());
  }

  /** Requests that somebody else sends: `take` answers whether it has taken one, each time that it is due. */
  divert(take: (request: OutgoingRequest) => boolean): void {
    this.#divert = take;
  }

  /** Sends whatever is due. Cheap where nothing is. */
  trigger(): void {
    if (this.#stopped || !this.#online) return;
    for (const request of this.#due()) inBackground(this.#context, this.#sendAndGoOn(request));
  }

  async #sendAndGoOn(request: OutgoingRequest): Promise<void> {
    await this.send(request);
    this.trigger();
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) return;
    this.#retries.clear();
    this.trigger();
  }

  /** Sends one request, or joins the sending that is under way, and hands the answer to the machine. */
  send(request: OutgoingRequest): Promise<Result<void, HttpFailure>> {
    const running = this.#inFlight.get(request.id);
    if (running !== undefined) return running;
    const sending = this.#send(request).finally(() => this.#inFlight.delete(request.id));
    this.#inFlight.set(request.id, sending);
    return sending;
  }

  /** Waits until no request of a kind is due, but not longer than told. Those that back off are not waited for. */
  async settle(kind: OutgoingRequest["kind"], timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#stopped && Date.now() < deadline) {
      const open = this.#outgoing().filter((request) => request.kind === kind && !this.#retries.mustWait(request.id));
      if (open.length === 0) return;
      await Promise.race([Promise.all(open.map((request) => this.send(request))), delay(deadline - Date.now())]);
    }
  }

  /** Requests of a kind that have no answer yet, whether they are on their way, wait or back off. */
  open(kind: OutgoingRequest["kind"]): readonly OutgoingRequest[] {
    return this.#outgoing().filter((request) => request.kind === kind);
  }

  stop(): void {
    this.#stopped = true;
    this.#retries.clear();
  }

  async #send(request: OutgoingRequest): Promise<Result<void, HttpFailure>> {
    const answer = await this.#context.http.json({
      kind: request.kind,
      method: request.method,
      path: request.path,
      body: request.body,
      timeoutMs: request.kind === "keys_claim" || request.kind === "keys_query" ? 45_000 : 60_000,
      // A claim that is repeated costs another device one-time keys: the machine decides about the next one.
      retry: request.kind === "keys_claim" ? "never" : "safe",
    });
    if (this.#stopped) return err({ code: "cancelled", errcode: undefined, permanent: false });
    if (!answer.ok) this.#context.log.warn("request.failed", { kind: request.kind, code: answer.error.code });
    try {
      if (answer.ok) this.#take((machine) => machine.markRequestAsSent(request.id, answer.value));
      // The same request would fail in the same way; what takes its place is due at once.
      else if (answer.error.code !== "too-large" || !this.#take((machine) => machine.markAnswerAsTooLarge(request.id))) {
        this.#retries.failed(request.id);
        return answer;
      }
      this.#retries.succeeded(request.id);
      return ok(undefined);
    } catch (error) {
      this.#retries.failed(request.id);
      this.#context.log.error("bug", { kind: request.kind, ...describeError(error) });
      return err({ code: "internal", errcode: undefined, permanent: false });
    }
  }

  /** What came of an answer, with what it changed; false where nothing did. */
  #take(step: (machine: Machine) => RequestOutcome | undefined): boolean {
    const outcome = this.#context.commit((changes) => {
      const taken = step(this.#context.machine);
      for (const userId of taken?.changedUsers ?? []) changes.deviceOwners.add(userId);
      return taken;
    });
    for (const { reason } of outcome?.refusedDeviceLists ?? []) this.#context.log.warn("devices.refused", { code: reason });
    return outcome !== undefined;
  }

  #outgoing(): readonly OutgoingRequest[] {
    return this.#context.machine.outgoingRequests();
  }

  #due(): OutgoingRequest[] {
    return this.#outgoing().filter(
      (request) => !this.#divert(request) && !this.#inFlight.has(request.id) && !this.#retries.mustWait(request.id),
    );
  }
}

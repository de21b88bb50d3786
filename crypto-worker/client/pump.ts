import { err, ok, type Result } from "../../protocol/result.ts";
import type { OutgoingRequest } from "../machine/requests/outgoing-request.ts";
import { describeError } from "../log.ts";
import { backOffMs, delay, type BackOff } from "./back-off.ts";
import { inBackground } from "./background.ts";
import type { ClientContext } from "./context.ts";
import type { HttpFailure } from "./http.ts";

const BACK_OFF: BackOff = { firstMs: 1000, maxMs: 300_000 };

/**
 * Sends what the machine wants sent and reports the answers, until nothing is due. Each request is in flight once, whoever asks for it; one
 * that fails backs off by itself and holds up no other.
 */
export class RequestPump {
  readonly #context: ClientContext;
  readonly #inFlight = new Map<string, Promise<Result<void, HttpFailure>>>();
  readonly #failures = new Map<string, { readonly count: number; readonly notBefore: number }>();
  #divert: (request: OutgoingRequest) => boolean = () => false;
  #online = true;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Requests that somebody else sends: `take` answers whether it has taken one, each time that it is due. */
  divert(take: (request: OutgoingRequest) => boolean): void {
    this.#divert = take;
  }

  /** Sends whatever is due. Cheap where nothing is. */
  trigger(): void {
    if (this.#stopped || !this.#online) return;
    for (const request of this.#due()) inBackground(this.#context, this.#sendAndGoOn(request));
    this.#schedule();
  }

  async #sendAndGoOn(request: OutgoingRequest): Promise<void> {
    await this.send(request);
    this.trigger();
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) return;
    this.#failures.clear();
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
      const open = this.#outgoing().filter((request) => request.kind === kind && !this.#backsOff(request.id));
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
    clearTimeout(this.#timer);
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
    if (!answer.ok) {
      this.#backOff(request.id);
      this.#context.log.warn("request.failed", { kind: request.kind, code: answer.error.code });
      return answer;
    }
    try {
      this.#context.commit((changes) => {
        const { changedUsers } = this.#context.machine.markRequestAsSent(request.id, answer.value);
        for (const userId of changedUsers) changes.deviceOwners.add(userId);
      });
      this.#failures.delete(request.id);
      return ok(undefined);
    } catch (error) {
      this.#backOff(request.id);
      this.#context.log.error("bug", { kind: request.kind, ...describeError(error) });
      return err({ code: "internal", errcode: undefined, permanent: false });
    }
  }

  #outgoing(): readonly OutgoingRequest[] {
    return this.#context.machine.outgoingRequests();
  }

  #due(): OutgoingRequest[] {
    return this.#outgoing().filter((request) => !this.#divert(request) && !this.#inFlight.has(request.id) && !this.#backsOff(request.id));
  }

  #backsOff(id: string): boolean {
    return (this.#failures.get(id)?.notBefore ?? 0) > Date.now();
  }

  #backOff(id: string): void {
    const count = (this.#failures.get(id)?.count ?? 0) + 1;
    const delayMs = backOffMs(BACK_OFF, count - 1);
    this.#failures.set(id, { count, notBefore: Date.now() + delayMs });
    this.#schedule();
  }

  /** Wakes up for the earliest request that backs off. */
  #schedule(): void {
    clearTimeout(this.#timer);
    const times = [...this.#failures.values()].map(({ notBefore }) => notBefore).filter((time) => time > Date.now());
    if (this.#stopped || times.length === 0) return;
    this.#timer = setTimeout(() => this.trigger(), Math.max(50, Math.min(...times) - Date.now()));
  }
}

import { seededRandom } from "./random.ts";

export type FaultKind =
  /** Closes the connection before the request is processed. */
  | { kind: "drop" }
  /** Processes the request, then closes the connection without an answer. */
  | { kind: "lostResponse" }
  /** Waits before the request is processed, or with `when: "after"` before its answer is sent. */
  | { kind: "delay"; ms: number; when?: "before" | "after" }
  /** Processes the request twice, as a proxy that retries would; the second answer is sent. */
  | { kind: "duplicate" }
  /** Answers with an error instead of processing the request. */
  | { kind: "status"; status: number; errcode?: string; retryAfterMs?: number }
  /** Processes nothing and never answers; the connection stays open. */
  | { kind: "hang" }
  /** Shuffles the to-device messages of a sync's answer. */
  | { kind: "reorderToDevice" }
  /** Processes the request and answers 200 with something that is not JSON. */
  | { kind: "garbage" }
  /** Processes the request and closes the connection in the middle of the answer's body. */
  | { kind: "truncate" };

export type FaultRule = FaultKind & {
  method?: string;
  /** A prefix of the decoded path, or an expression that it must match; e.g. `/_matrix/client/v3/sync`. */
  path: RegExp | string;
  /** Only requests of this user (and this device of theirs). */
  userId?: string;
  deviceId?: string;
  /** How often the rule fires at most. */
  times?: number;
  /** How many matching requests pass before it first fires. */
  after?: number;
  /** Chance to fire for each matching request, repeatable through `seed`. */
  probability?: number;
  seed?: number;
};

export type FaultHandle = { readonly matched: number; readonly fired: number; remove(): void };

export type RequestTraits = { method: string; path: string; userId: string | undefined; deviceId: string | undefined };

type ActiveRule = { rule: FaultRule; random: () => number; matched: number; fired: number };

/** Faults that tests inject into the traffic between a client and the homeserver. */
export class FaultInjector {
  #rules: ActiveRule[] = [];
  readonly #counters = new Map<FaultKind["kind"], number>();
  readonly #unreachable = new Set<string>();

  add(rule: FaultRule): FaultHandle {
    const active: ActiveRule = { rule, random: seededRandom(rule.seed ?? 1), matched: 0, fired: 0 };
    this.#rules.push(active);
    const remove = () => {
      this.#rules = this.#rules.filter((candidate) => candidate !== active);
    };
    return {
      get matched() {
        return active.matched;
      },
      get fired() {
        return active.fired;
      },
      remove,
    };
  }

  /** Ends all faults; the counters stay. */
  clear(): void {
    this.#rules = [];
    this.#unreachable.clear();
  }

  /** How often each kind of fault has fired. */
  counters(): ReadonlyMap<FaultKind["kind"], number> {
    return this.#counters;
  }

  /** Makes a server name unreachable: its users land in `failures` of keys/query and keys/claim. */
  setUnreachable(serverName: string, unreachable = true): void {
    if (unreachable) this.#unreachable.add(serverName);
    else this.#unreachable.delete(serverName);
  }

  isUnreachable(serverName: string): boolean {
    return this.#unreachable.has(serverName);
  }

  /** What is to happen to a request, in the order of the rules; each call counts as one request. */
  decide(request: RequestTraits): FaultKind[] {
    const faults: FaultKind[] = [];
    for (const active of this.#rules) {
      if (!matches(active.rule, request)) continue;
      active.matched++;
      if (!fires(active)) continue;
      active.fired++;
      this.#counters.set(active.rule.kind, (this.#counters.get(active.rule.kind) ?? 0) + 1);
      faults.push(active.rule);
    }
    return faults;
  }
}

function matches(rule: FaultRule, { method, path, userId, deviceId }: RequestTraits): boolean {
  if (rule.method !== undefined && rule.method !== method) return false;
  if (rule.userId !== undefined && rule.userId !== userId) return false;
  if (rule.deviceId !== undefined && rule.deviceId !== deviceId) return false;
  if (typeof rule.path === "string") return path.startsWith(rule.path);
  rule.path.lastIndex = 0;
  return rule.path.test(path);
}

function fires({ rule, random, matched, fired }: ActiveRule): boolean {
  if (matched <= (rule.after ?? 0) || fired >= (rule.times ?? Infinity)) return false;
  return rule.probability === undefined || random() < rule.probability;
}

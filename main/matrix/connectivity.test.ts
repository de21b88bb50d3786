import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Connectivity, type ConnectivityInput, initialConnectivity, stepConnectivity } from "./connectivity.ts";

const env = { now: 1000, random: 0 };
const failed = (failure: "offline" | "server-unreachable" | "rate-limited", retryAfterMs?: number): ConnectivityInput => ({
  kind: "failed",
  failure,
  retryAfterMs,
});

describe("stepConnectivity", () => {
  test("the worker is told when the server answers for the first time, and not again", () => {
    const connecting = stepConnectivity(initialConnectivity, { kind: "started" }, env);
    const online = stepConnectivity(connecting.state, { kind: "succeeded" }, env);
    expect(online.effects).toEqual([{ kind: "tell-worker", online: true }]);
    expect(stepConnectivity(online.state, { kind: "succeeded" }, env).effects).toEqual([]);
  });

  test("one dropped long poll is no outage, two are", () => {
    const first = stepConnectivity({ phase: "online", forgiven: false }, failed("server-unreachable"), env);
    expect(first.state.phase).toBe("online");
    expect(first.effects).toEqual([{ kind: "wait", ms: 200 }]);
    const second = stepConnectivity(first.state, failed("offline"), env);
    expect(second.state).toEqual({ phase: "offline", failures: 1, retryAt: 1200 });
    expect(second.effects[0]).toEqual({ kind: "tell-worker", online: false });
  });

  test("the server's own waiting time counts", () => {
    const { state, effects } = stepConnectivity({ phase: "online", forgiven: false }, failed("rate-limited", 5000), env);
    expect(state).toEqual({ phase: "rate-limited", failures: 1, retryAt: 6000 });
    expect(effects).toContainEqual({ kind: "wait", ms: 5000 });
  });

  test("waits grow up to a minute", () => {
    let state: Connectivity = { phase: "connecting" };
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      const next = stepConnectivity(state, failed("offline"), { now: 0, random: 0.99 });
      state = next.state;
      for (const effect of next.effects) if (effect.kind === "wait") waits.push(effect.ms);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
  });

  test("whatever happens: it never waits while online for long, never claims a retry without waiting, and tells the worker each change once", () => {
    const input: fc.Arbitrary<ConnectivityInput> = fc.oneof(
      fc.constant<ConnectivityInput>({ kind: "started" }),
      fc.constant<ConnectivityInput>({ kind: "stopped" }),
      fc.constant<ConnectivityInput>({ kind: "succeeded" }),
      fc
        .tuple(fc.constantFrom("offline", "server-unreachable", "rate-limited"), fc.option(fc.nat(10_000_000), { nil: undefined }))
        .map(([failure, retryAfterMs]): ConnectivityInput => ({ kind: "failed", failure, retryAfterMs })),
    );
    fc.assert(
      fc.property(fc.array(input), (inputs) => {
        let state = initialConnectivity;
        let told = false;
        for (const each of inputs) {
          // The loop starts only from rest.
          if (each.kind === "started" && state.phase !== "idle") continue;
          const { state: next, effects } = stepConnectivity(state, each, { now: 5, random: 0.5 });
          for (const effect of effects) {
            if (effect.kind === "tell-worker") {
              expect(effect.online).not.toBe(told);
              told = effect.online;
            } else expect(effect.ms).toBeLessThanOrEqual(3_600_000);
          }
          expect(told).toBe(next.phase === "online");
          expect("retryAt" in next).toBe(effects.some(({ kind }) => kind === "wait") && next.phase !== "online" ? true : "retryAt" in next);
          state = next;
        }
      }),
    );
  });
});

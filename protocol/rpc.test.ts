import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, event } from "./define.ts";
import { CodedError } from "./errors.ts";
import { connect, serve, type Channel } from "./rpc.ts";
import { contracts } from "./version.ts";

/** Two ends of a pipe that deliver structured clones in order, as a MessagePort does. */
function pipe(): [Channel, Channel] {
  const ends = [0, 1].map(() => ({ message: (_message: unknown) => {}, close: () => {} }));
  const end = (mine: number, other: number): Channel => ({
    post: (message) => {
      const copy: unknown = structuredClone(message);
      queueMicrotask(() => ends[other]?.message(copy));
    },
    onMessage: (listener) => {
      const own = ends[mine];
      if (own !== undefined) own.message = (message) => listener(message, []);
    },
    onClose: (listener) => {
      const own = ends[mine];
      if (own !== undefined) own.close = listener;
    },
    close: () => ends.forEach((own) => own.close()),
  });
  return [end(0, 1), end(1, 0)];
}

const contract = {
  double: call("public", z.strictObject({ n: z.int() }), z.strictObject({ n: z.int() })),
  slow: call("public", z.strictObject({}), z.strictObject({})),
  fails: call("public", z.strictObject({ how: z.string() }), z.strictObject({})),
  ticked: event("public", z.strictObject({ n: z.int() })),
} as const;

function connected() {
  const [a, b] = pipe();
  const bugs: string[] = [];
  let aborted = false;
  const server = serve(
    contract,
    {
      double: ({ n }) => ({ n: n === 13 ? Number.NaN : n * 2 }),
      slow: (_params, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new CodedError("cancelled"));
          });
        }),
      fails: ({ how }) => {
        throw how === "coded" ? new CodedError("rate-limited", 1500) : new Error("secret-value");
      },
    },
    a,
    { onBug: (method) => bugs.push(method) },
  );
  return { server, client: connect(contract, b), raw: b, bugs, wasAborted: () => aborted };
}

describe("a call", () => {
  it("is parsed, run and answered", async () => {
    const { client } = connected();
    expect(await client.call("double", { n: 4 })).toEqual({ ok: true, value: { n: 8 } });
  });

  it("is refused where its parameters do not fit, with nothing of them in the reply", async () => {
    const { client } = connected();
    const params: unknown = { n: 4, extra: "secret-value" };
    expect(await client.call("double", params as { n: number })).toEqual({ ok: false, error: { code: "invalid-request" } });
  });

  it("answers codes, hides what a bug says, and reports the bug", async () => {
    const { client, bugs } = connected();
    expect(await client.call("fails", { how: "coded" })).toEqual({ ok: false, error: { code: "rate-limited", retryAfterMs: 1500 } });
    expect(await client.call("fails", { how: "bug" })).toEqual({ ok: false, error: { code: "internal" } });
    expect(await client.call("double", { n: 13 })).toEqual({ ok: false, error: { code: "internal" } });
    expect(bugs).toEqual(["fails", "double"]);
  });

  it("can be cancelled", async () => {
    const { client, wasAborted } = connected();
    const controller = new AbortController();
    const reply = client.call("slow", {}, { signal: controller.signal });
    controller.abort();
    expect(await reply).toEqual({ ok: false, error: { code: "cancelled" } });
    expect(wasAborted()).toBe(true);
  });

  it("fails for all that wait when the channel closes, and at once afterwards", async () => {
    const { client, raw } = connected();
    const waiting = client.call("slow", {});
    raw.close();
    expect(await waiting).toEqual({ ok: false, error: { code: "worker-gone" } });
    expect(await client.call("double", { n: 1 })).toEqual({ ok: false, error: { code: "worker-gone" } });
  });

  it("is limited in how many may be under way", async () => {
    const { client } = connected();
    const replies = Array.from({ length: 300 }, () => client.call("slow", {}));
    const refused = await Promise.race(replies);
    expect(refused).toEqual({ ok: false, error: { code: "too-many-requests-in-flight" } });
  });
});

describe("an event", () => {
  it("reaches its listeners until they stop", async () => {
    const { server, client } = connected();
    const seen: number[] = [];
    const stop = client.on("ticked", ({ n }) => seen.push(n));
    server.emit("ticked", { n: 1 });
    await Promise.resolve();
    stop();
    server.emit("ticked", { n: 2 });
    await Promise.resolve();
    expect(seen).toEqual([1]);
  });
});

/** What a broken or hostile process can post: any value that survives a structured clone. */
const hostile = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  maxDepth: 4,
});
const envelope = fc.record({
  id: fc.oneof(fc.nat(), hostile),
  method: fc.oneof(fc.constantFrom("double", "slow", "__proto__", "constructor", "toString", "hasOwnProperty"), hostile),
  params: hostile,
});

describe("hostile messages", () => {
  it("never throw, never reach a handler, and are answered with a code where they have an id", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostile, envelope), async (message) => {
        const [a, b] = pipe();
        const replies: unknown[] = [];
        b.onMessage((reply) => replies.push(reply));
        serve(contract, { double: ({ n }) => ({ n }), slow: () => ({}), fails: () => ({}) }, a);
        b.post(message);
        await new Promise(setImmediate);
        for (const reply of replies) {
          const parsed = z.union([
            z.object({ ok: z.literal(true) }),
            z.object({ ok: z.literal(false), error: z.strictObject({ code: z.string() }) }),
          ]);
          expect(parsed.safeParse(reply).success).toBe(true);
        }
        expect(replies.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  const verbs = Object.entries(contracts).flatMap(([port, contractOfPort]) =>
    Object.entries(contractOfPort).flatMap(([method, verb]) => (verb.kind === "call" ? [[`${port}.${method}`, verb.params] as const] : [])),
  );

  it.each(verbs)("%s refuses what it was not made for", (_name, params) => {
    const cases: unknown[] = [
      undefined,
      null,
      0,
      "x",
      [],
      [{}],
      new Map(),
      JSON.parse('{"__proto__":{"a":1}}'),
      { unknown: 1 },
      { roomId: "!a:b", ["__proto__x"]: 1 },
    ];
    // Verbs without parameters take an empty object, and zod takes an empty Map for one: nothing of it gets through.
    const accepts = (value: unknown): boolean => {
      const outcome = params.safeParse(value);
      return outcome.success && Object.keys(Object(outcome.data)).length > 0;
    };
    for (const value of cases) expect(accepts(value)).toBe(false);
    fc.assert(
      fc.property(hostile, (value) => !accepts(value)),
      { numRuns: 30 },
    );
  });
});

import { describe, expect, test } from "vitest";
import type { Session } from "../../protocol/control.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { Log } from "../logging/log.ts";
import type { Clock } from "./clock.ts";
import { HomeserverClient, type ServerRequest } from "./homeserver-client.ts";
import type { RawRequest, RawResponse, Transport, TransportFailure } from "./transport.ts";

const session: Session = {
  homeserver: "https://hs.example",
  userId: "@a:hs.example",
  deviceId: "D",
  accessToken: "old",
  refreshToken: "r1",
};
const request: ServerRequest = {
  method: "GET",
  path: "/_matrix/client/v3/x",
  accept: "json",
  auth: true,
  timeoutMs: 1000,
  maxBytes: 1000,
  retry: "safe",
};

type Answer = Result<RawResponse, TransportFailure>;
const answer = (status: number, body: unknown = {}, more: Partial<RawResponse> = {}): Answer =>
  ok({
    status,
    contentType: "application/json",
    retryAfter: null,
    location: null,
    body: new TextEncoder().encode(JSON.stringify(body)),
    ...more,
  });

function setUp(respond: (request: RawRequest, n: number) => Answer) {
  const sent: RawRequest[] = [];
  const slept: number[] = [];
  const ended: boolean[] = [];
  const stored: Session[] = [];
  const transport: Transport = {
    send(each) {
      sent.push(each);
      return Promise.resolve(respond(each, sent.length));
    },
  };
  const clock: Clock = {
    now: () => 0,
    random: () => 0,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  const client = new HomeserverClient(transport, clock, new Log("test", []), {
    refreshed: (next) => {
      stored.push(next);
      return Promise.resolve();
    },
    ended: (soft) => ended.push(soft),
  });
  client.useSession(session);
  return { client, sent, slept, ended, stored };
}

const expired = (soft: boolean): Answer => answer(401, { errcode: "M_UNKNOWN_TOKEN", soft_logout: soft });

describe("HomeserverClient", () => {
  test("waits out 429 by Retry-After, then by retry_after_ms", async () => {
    const { client, slept } = setUp((_request, n) =>
      n === 1
        ? answer(429, {}, { retryAfter: "2" })
        : n === 2
          ? answer(429, { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: 70 })
          : answer(200),
    );
    expect(await client.send({ ...request, retry: "never" })).toMatchObject({ ok: true, value: { status: 200 } });
    expect(slept).toEqual([2000, 70]);
  });

  test("does not repeat what must not be repeated", async () => {
    const { client, sent } = setUp(() => err("timeout"));
    expect(await client.send({ ...request, method: "POST", retry: "never" })).toEqual({ ok: false, error: "timeout" });
    expect(sent).toHaveLength(1);
  });

  test("refreshes an expired token once for many requests, stores it before using it, and repeats them", async () => {
    const { client, sent, stored, ended } = setUp((each) => {
      if (each.url.endsWith("/refresh")) return answer(200, { access_token: "new", refresh_token: "r2" });
      return each.headers["authorization"] === "Bearer new" ? answer(200) : expired(true);
    });
    const answers = await Promise.all([client.send(request), client.send(request), client.send(request)]);
    expect(answers.every((each) => each.ok && each.value.status === 200)).toBe(true);
    expect(sent.filter(({ url }) => url.endsWith("/refresh"))).toHaveLength(1);
    expect(stored).toEqual([{ ...session, accessToken: "new", refreshToken: "r2" }]);
    expect(ended).toEqual([]);
  });

  test("a refused refresh is a soft logout, told once", async () => {
    const { client, ended } = setUp((each) =>
      each.url.endsWith("/refresh") ? answer(401, { errcode: "M_UNKNOWN_TOKEN", soft_logout: true }) : expired(true),
    );
    const answers = await Promise.all([client.send(request), client.send(request)]);
    expect(answers).toEqual([err("token-expired"), err("token-expired")]);
    expect(ended).toEqual([true]);
    expect(await client.send(request)).toEqual(err("no-session"));
  });

  test("a lost refresh is a lost connection, not a logout", async () => {
    const { client, ended } = setUp((each) => (each.url.endsWith("/refresh") ? err("unreachable") : expired(true)));
    expect(await client.send({ ...request, retry: "never" })).toEqual(err("offline"));
    expect(ended).toEqual([]);
  });

  test("a hard logout is told as one", async () => {
    const { client, ended } = setUp(() => expired(false));
    expect(await client.send(request)).toEqual(err("token-expired"));
    expect(ended).toEqual([false]);
  });

  test("a 401 of user-interactive authentication passes", async () => {
    const { client, ended } = setUp(() => answer(401, { session: "s", flows: [] }));
    expect(await client.send(request)).toMatchObject({ ok: true, value: { status: 401 } });
    expect(ended).toEqual([]);
  });

  test("media may be redirected; the token stays", async () => {
    const { client, sent } = setUp((each) =>
      each.url.startsWith("https://cdn") ? answer(200) : answer(307, {}, { location: "https://cdn.example/m" }),
    );
    await client.send({ ...request, accept: "bytes" });
    expect(sent.map(({ url, headers }) => [url, headers["authorization"]])).toEqual([
      ["https://hs.example/_matrix/client/v3/x", "Bearer old"],
      ["https://cdn.example/m", undefined],
    ]);
  });

  test("without a session nothing is sent", async () => {
    const { client, sent } = setUp(() => answer(200));
    client.useSession(undefined);
    expect(await client.send(request)).toEqual(err("no-session"));
    expect(sent).toEqual([]);
  });
});

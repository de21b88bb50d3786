import { describe, expect, test } from "vitest";
import { ok, type Result } from "../../protocol/result.ts";
import { discover, discoverBaseUrl, parseLoginFlows, parseRegistrationFlows, parseWellKnown } from "./discovery.ts";
import type { RawRequest, RawResponse, Transport, TransportFailure } from "./transport.ts";

const json = (status: number, body: unknown, location: string | null = null): Result<RawResponse, TransportFailure> =>
  ok({ status, contentType: "application/json", retryAfter: null, location, body: new TextEncoder().encode(JSON.stringify(body)) });

/** A network where every address has one answer, and any other name does not exist. */
function network(answers: Record<string, Result<RawResponse, TransportFailure>>): Transport & { readonly asked: RawRequest[] } {
  const asked: RawRequest[] = [];
  return {
    asked,
    send(request) {
      asked.push(request);
      return Promise.resolve(answers[request.url] ?? { ok: false, error: "no-such-host" });
    },
  };
}

const versions = json(200, { versions: ["v1.11"] });

describe("discoverBaseUrl", () => {
  test("follows .well-known", async () => {
    const transport = network({
      "https://example.org/.well-known/matrix/client": json(200, { "m.homeserver": { base_url: "https://matrix.example.org/" } }),
      "https://matrix.example.org/_matrix/client/versions": versions,
    });
    expect(await discoverBaseUrl(transport, "example.org")).toBe("https://matrix.example.org");
  });

  test("follows redirects of .well-known, but never off https", async () => {
    const moved = network({
      "https://example.org/.well-known/matrix/client": json(302, {}, "https://www.example.org/.well-known/matrix/client"),
      "https://www.example.org/.well-known/matrix/client": json(200, { "m.homeserver": { base_url: "https://m.example.org" } }),
      "https://m.example.org/_matrix/client/versions": versions,
    });
    expect(await discoverBaseUrl(moved, "example.org")).toBe("https://m.example.org");
    const downgraded = network({ "https://example.org/.well-known/matrix/client": json(302, {}, "http://example.org/x") });
    await expect(discoverBaseUrl(downgraded, "example.org")).rejects.toMatchObject({ code: "not-a-homeserver" });
  });

  test("without a document the name itself is the server", async () => {
    const transport = network({
      "https://example.org/.well-known/matrix/client": json(404, {}),
      "https://example.org/_matrix/client/versions": versions,
    });
    expect(await discoverBaseUrl(transport, "example.org")).toBe("https://example.org");
  });

  test("a broken document is not guessed around", async () => {
    const transport = network({
      "https://example.org/.well-known/matrix/client": json(200, { "m.homeserver": { base_url: "http://evil.example" } }),
      "https://example.org/_matrix/client/versions": versions,
    });
    await expect(discoverBaseUrl(transport, "example.org")).rejects.toMatchObject({ code: "not-a-homeserver" });
  });

  test("a web server that is no homeserver", async () => {
    const transport = network({ "https://example.org/_matrix/client/versions": json(200, { hello: "world" }) });
    await expect(discoverBaseUrl(transport, "https://example.org")).rejects.toMatchObject({ code: "not-a-homeserver" });
  });
});

test("discover puts the ways in together", async () => {
  const transport = network({
    "http://localhost:1/_matrix/client/versions": versions,
    "http://localhost:1/_matrix/client/v3/login": json(200, {
      flows: [{ type: "m.login.password" }, { type: "m.login.sso", identity_providers: [{ id: "oidc", name: "Acme" }] }],
    }),
    "http://localhost:1/_matrix/client/v3/register": json(401, { session: "x", flows: [{ stages: ["m.login.dummy"] }] }),
  });
  expect(await discover(transport, "localhost:1")).toEqual({
    baseUrl: "http://localhost:1",
    password: true,
    sso: [{ id: "oidc", name: "Acme" }],
    registration: true,
  });
  expect(transport.asked.every(({ headers }) => !("authorization" in headers))).toBe(true);
});

test("parsers take what is well formed and nothing else", () => {
  expect(parseWellKnown({ "m.homeserver": { base_url: "https://a.example/" } })).toBe("https://a.example");
  expect(parseWellKnown({ "m.homeserver": { base_url: 5 } })).toBeUndefined();
  expect(parseWellKnown(null)).toBeUndefined();
  expect(parseLoginFlows({ flows: [{ type: "m.login.sso" }] })).toEqual({ password: false, sso: [{ id: null, name: "SSO" }] });
  expect(parseLoginFlows({ flows: "x" })).toBeUndefined();
  expect(parseRegistrationFlows({ flows: [{ stages: ["m.login.recaptcha", "m.login.dummy"] }] })).toBe(false);
  expect(parseRegistrationFlows({ flows: [{ stages: [] }] })).toBe(true);
});

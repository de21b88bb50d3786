import { describe, expect, test } from "vitest";
import { parseBaseUrl, parseServerInput } from "./homeserver-url.ts";

describe("parseServerInput", () => {
  test.each([
    ["example.org", { kind: "name", host: "example.org" }],
    [" example.org/ ", { kind: "name", host: "example.org" }],
    ["example.org:8448", { kind: "name", host: "example.org:8448" }],
    ["@ada:example.org", { kind: "name", host: "example.org" }],
    ["localhost:8008", { kind: "url", baseUrl: "http://localhost:8008" }],
    ["127.0.0.1:8008", { kind: "url", baseUrl: "http://127.0.0.1:8008" }],
    ["[::1]:8008", { kind: "url", baseUrl: "http://[::1]:8008" }],
    ["https://matrix.example.org/", { kind: "url", baseUrl: "https://matrix.example.org" }],
    ["https://example.org/matrix/", { kind: "url", baseUrl: "https://example.org/matrix" }],
    ["http://127.0.0.1:8008", { kind: "url", baseUrl: "http://127.0.0.1:8008" }],
  ])("takes %s", (text, expected) => {
    expect(parseServerInput(text)).toEqual({ ok: true, value: expected });
  });

  test.each([
    "",
    "not a server",
    "http://example.org",
    "http://127.0.0.1.example.org",
    "https://user:pw@example.org",
    "https://example.org/?a=b",
    "https://example.org/#x",
    "ftp://example.org",
    "javascript:alert(1)",
    "example.org/path",
    `${"a".repeat(300)}.org`,
  ])("refuses %s", (text) => {
    expect(parseServerInput(text)).toEqual({ ok: false, error: "not-a-server" });
  });
});

test("a base URL over plain http must be loopback", () => {
  expect(parseBaseUrl("http://example.org").ok).toBe(false);
  expect(parseBaseUrl("http://localhost:1").ok).toBe(true);
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isAllowedRequest } from "./request-policy.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;
const allowed = (path: string): string => METHODS.filter((method) => isAllowedRequest(method, path)).join(" ");

describe("the worker asks for", () => {
  test.each([
    ["/_matrix/client/v3/keys/upload", "GET POST"],
    ["/_matrix/client/v3/sendToDevice/m.room.encrypted/t1", "PUT"],
    ["/_matrix/client/v3/rooms/!a%3Ab/messages?from=../x&dir=b", "GET POST PUT DELETE"],
    ["/_matrix/client/v1/rooms/!a%3Ab/relations/%24e", "GET POST PUT DELETE"],
    ["/_matrix/client/v3/devices/ABC", "GET PUT"],
    ["/_matrix/client/v1/media/download/a.b/c", "GET POST"],
    ["/_matrix/media/v3/download/a.b/c?allow_redirect=true", "GET POST PUT"],
    ["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device", "GET POST PUT DELETE"],
    ["/_matrix/client/v3/user/%40a%3Ab/account_data/m.direct", "GET POST PUT DELETE"],
    ["/_matrix/client/versions", "GET"],
    // An id may have a slash in it, and dots.
    ["/_matrix/client/v3/rooms/!a%3Ab/event/%24a%2Fb...c", "GET POST PUT DELETE"],
  ])("%s", (path, methods) => {
    expect(allowed(path)).toBe(methods);
  });

  test("everything that it has a path for", () => {
    const root = join(import.meta.dirname, "../../crypto-worker");
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const paths = files.flatMap((name) =>
      [...readFileSync(join(root, name), "utf8").matchAll(/[`"](\/_matrix\/[^`"\s]*)[`"]/g)].map(([, path = ""]) =>
        path.replaceAll(/\$\{[^}]*\}/g, "x"),
      ),
    );
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => path !== "/_matrix/" && allowed(path) === "")).toEqual([]);
  });
});

describe("refused, whatever the method:", () => {
  test.each([
    "/_matrix/client/v3/login",
    "/_matrix/client/v3/logout/all",
    "/_matrix/client/v3/refresh",
    "/_matrix/client/v3/register",
    "/_matrix/client/v3/account/password",
    "/_matrix/client/v3/account/deactivate",
    "/_matrix/client/v3/account/3pid/add",
    "/_matrix/client/v3/user/%40a%3Ab/openid/request_token",
    "/_matrix/client/v3/voip/turnServer",
    "/_matrix/client/v3/admin/whois/x",
    "/_matrix/client/v3/sync",
    "/_matrix/client/v3/__proto__",
    "/_matrix/client/v3/constructor/x",
    "/_matrix/federation/v1/version",
    "/_matrix/key/v2/server",
    "/_matrix/static/",
    "/_matrix/client/",
    "/_matrix/media/v3/",
    "/_matrix/",
  ])("%s is not the worker's", (path) => {
    expect(allowed(path)).toBe("");
  });

  test.each([
    "/_matrix/client/v3/rooms/../login",
    "/_matrix/client/v3/rooms/%2e%2e/login",
    "/_matrix/client/v3/rooms/%2E./login",
    "/_matrix/client/v3/rooms/x%2f..%2f..%2flogin",
    "/_matrix/client/v3/rooms/..%2F..%2F..%2F..%2F_synapse/admin",
    "/_matrix/client/v3/rooms/%252e%252e/login",
    "/_matrix/client/v3/rooms/x%5c..%5clogin",
    "/_matrix/client/v3/rooms/%E0%A4%A/x",
    "/_matrix/client/v3/rooms/x%00/y",
    "/_matrix\\client\\v3\\rooms",
    "/_matrix/client/v3/rooms/a b",
    "/_matrix/client/v3/rooms/a\tb",
    "/_matrix/client/v3/rooms/a\r\nHost: evil.example",
    "/_matrix/client/v3/rooms/x#y",
    "/_matrix/client//v3/rooms/x",
    "/_matrixx/client/v3/rooms/x",
    "https://evil.example/_matrix/client/v3/rooms/x",
    "//evil.example/_matrix/client/v3/rooms/x",
    "@evil.example/_matrix/client/v3/rooms/x",
    "",
  ])("%j is no plain path", (path) => {
    expect(allowed(path)).toBe("");
  });
});

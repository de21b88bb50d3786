import { describe, expect, test } from "vitest";
import { contentSecurityPolicy, pageHeaders } from "./content-security-policy.ts";
import { decideDownload } from "./downloads.ts";
import { parseExternalLink } from "./external-link.ts";
import { isPageAddress, resolvePageFile } from "./page-file.ts";
import { decidePermission } from "./permissions.ts";

describe("resolvePageFile", () => {
  const file = (address: string, method = "GET") => resolvePageFile("chat", "/app/chat", method, address);

  test("finds the page's own files", () => {
    expect(file("app://chat/index.html")).toEqual({ path: "/app/chat/index.html", mediaType: "text/html; charset=utf-8" });
    expect(file("app://chat/assets/index-AbC_1.js?v=1#x")?.path).toBe("/app/chat/assets/index-AbC_1.js");
  });

  test.each([
    "app://vault/index.html",
    "app://chat/..%2fvault/index.html",
    "app://chat/..%5cvault%5cindex.html",
    "app://chat//etc/passwd.html",
    "app://chat/assets/../../secret.js%00.html",
    "app://chat/.hidden.js",
    "app://chat/index",
    "app://chat/x.exe",
    "app://chat/",
    "app://chat/%E0%A4%A.js",
    "https://chat/index.html",
    "file:///app/chat/index.html",
    "",
  ])("finds nothing for %s", (address) => {
    expect(file(address)).toBeUndefined();
  });

  test.each(["app://chat/../vault/index.html", "app://chat/%2e%2e/vault/index.html", "app://chat/a/../../../b.js"])(
    "%s never leaves the folder",
    (address) => {
      expect(file(address)?.path).toMatch(/^\/app\/chat\/[a-z/.]+$/);
      expect(file(address)?.path).not.toContain("..");
    },
  );

  test("answers GET only", () => {
    expect(file("app://chat/index.html", "POST")).toBeUndefined();
  });
});

test("only the page itself may talk to main", () => {
  expect(isPageAddress("chat", "app://chat/index.html")).toBe(true);
  expect(isPageAddress("chat", "app://chat/index.html#/room")).toBe(true);
  for (const address of [
    "app://vault/index.html",
    "app://chat/other.html",
    "about:blank",
    "",
    "https://chat/index.html",
    "app://chat.evil/index.html",
  ]) {
    expect(isPageAddress("chat", address)).toBe(false);
  }
});

test("permissions are denied unless listed", () => {
  expect(decidePermission("chat", "notifications", "app://chat/index.html")).toBe(true);
  expect(decidePermission("vault", "notifications", "app://vault/index.html")).toBe(false);
  expect(decidePermission("chat", "notifications", "https://evil.example/")).toBe(false);
  for (const permission of ["media", "geolocation", "clipboard-read", "midi", "openExternal", "__proto__", "future-permission"]) {
    expect(decidePermission("chat", permission, "app://chat/index.html")).toBe(false);
  }
});

test("the vault may film, nobody may listen, and the chat may do neither", () => {
  expect(decidePermission("vault", "media", "app://vault/index.html", ["video"])).toBe(true);
  expect(decidePermission("chat", "media", "app://chat/index.html", ["video"])).toBe(false);
  for (const media of [["audio"], ["video", "audio"], ["unknown"], []])
    expect(decidePermission("vault", "media", "app://vault/index.html", media)).toBe(false);
  expect(decidePermission("vault", "media", "app://chat/index.html", ["video"])).toBe(false);
  expect(pageHeaders("vault")["permissions-policy"]).toMatch(/^camera=\(self\), (?:.*, )?microphone=\(\), /);
  expect(pageHeaders("chat")["permissions-policy"]).toMatch(/^camera=\(\), (?:.*, )?microphone=\(\), /);
});

test("a page saves blobs of its own and nothing else", () => {
  expect(decideDownload("vault", "blob:app://vault/2f9c0a52-0c9b-4f7e-b3a5-9f3c8d9e7a11")).toBe(true);
  for (const address of [
    "blob:app://chat/2f9c0a52-0c9b-4f7e-b3a5-9f3c8d9e7a11",
    "blob:app://vault.evil/x",
    "blob:https://vault/x",
    "blob:null/x",
    "app://vault/index.html",
    "data:text/plain,x",
    "https://example.org/x",
  ])
    expect(decideDownload("vault", address)).toBe(false);
});

describe("parseExternalLink", () => {
  test.each([
    ["https://example.org", "https://example.org/"],
    ["http://example.org/a?b#c", "http://example.org/a?b#c"],
    ["mailto:ada@example.org", "mailto:ada@example.org"],
    // What is opened is what is shown: a name in another script appears as its real, encoded form.
    ["https://еxample.org/", "https://xn--xample-2of.org/"],
  ])("lets %s out", (address, shown) => {
    expect(parseExternalLink(address)).toBe(shown);
  });

  test.each([
    "javascript:alert(1)",
    "file:///etc/passwd",
    "smb://x/y",
    "data:text/html,x",
    "ms-msdt:/id",
    "https://user:pw@example.org",
    "https://example.org/\u202Egnp.exe",
    "//example.org",
    "matrix:u/ada:example.org",
    "example.org",
  ])("keeps %s in", (address) => {
    expect(parseExternalLink(address)).toBeUndefined();
  });
});

test("an address longer than anyone would read stays in", () => {
  expect(parseExternalLink(`https://example.org/${"a".repeat(5000)}`)).toBeUndefined();
});

test("the policy allows our own files and nothing else", () => {
  const directives = new Map(
    contentSecurityPolicy.split("; ").map((each) => [each.slice(0, each.indexOf(" ")), each.slice(each.indexOf(" ") + 1)]),
  );
  expect(directives.get("default-src")).toBe("'none'");
  expect(directives.get("connect-src")).toBe("'none'");
  expect(directives.get("script-src")).toBe("'self'");
  expect(directives.get("style-src")).toBe("'self'");
  expect(contentSecurityPolicy).not.toMatch(/unsafe|https?:|\*|data:/);
});

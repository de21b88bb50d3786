import { expect, test } from "vitest";
import { parseRedirect, signOnWithBrowser, ssoUrl } from "./sso-redirect.ts";

const at = (url: string, host = "127.0.0.1:5", method = "GET") => ({ method, url, headers: { host } });

test("only our own redirect counts", () => {
  expect(parseRedirect(at("/sso/S?loginToken=t"), 5, "S")).toBe("t");
  expect(parseRedirect(at("/sso/other?loginToken=t"), 5, "S")).toBeUndefined();
  expect(parseRedirect(at("/sso/S?loginToken="), 5, "S")).toBeUndefined();
  expect(parseRedirect(at("/sso/S"), 5, "S")).toBeUndefined();
  expect(parseRedirect(at("/sso/S?loginToken=t", "evil.example:5"), 5, "S")).toBeUndefined();
  expect(parseRedirect(at("/sso/S?loginToken=t", "127.0.0.1:5", "POST"), 5, "S")).toBeUndefined();
});

test("the provider and the redirect are encoded", () => {
  expect(ssoUrl("https://h", "a/b", "http://127.0.0.1:5/sso/S")).toBe(
    "https://h/_matrix/client/v3/login/sso/redirect/a%2Fb?redirectUrl=http%3A%2F%2F127.0.0.1%3A5%2Fsso%2FS",
  );
});

test("a round trip through the loopback listener", async () => {
  const token = await signOnWithBrowser({
    baseUrl: "https://h",
    idpId: null,
    signal: new AbortController().signal,
    openBrowser: async (url) => {
      const back = new URL(url).searchParams.get("redirectUrl") ?? "";
      expect((await fetch(`${back.slice(0, -3)}xxx?loginToken=wrong`)).status).toBe(400);
      expect((await fetch(`${back}?loginToken=secret`)).status).toBe(200);
    },
  });
  expect(token).toBe("secret");
});

test("giving up ends it", async () => {
  const controller = new AbortController();
  const waiting = signOnWithBrowser({
    baseUrl: "https://h",
    idpId: null,
    signal: controller.signal,
    openBrowser: () => {
      controller.abort();
      return Promise.resolve();
    },
  });
  await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
});

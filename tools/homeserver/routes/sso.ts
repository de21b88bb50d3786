import { html } from "hono/html";
import { missingParam } from "../matrix-error.ts";
import type { Router } from "../router.ts";

const finishPath = "/_bulkhead/sso/finish";

/** A single sign-on of its own: a page that asks for nothing but a name. Only ever reachable on loopback. */
export function addSsoRoutes(router: Router): void {
  const { accounts, sessions, interactiveAuth } = router.state;

  for (const path of ["/login/sso/redirect", "/login/sso/redirect/:identityProvider"])
    router.get(path, (call) => {
      const redirectUrl = call.query("redirectUrl");
      if (redirectUrl === undefined) throw missingParam("Missing redirectUrl");
      return page(
        html`<form action="${finishPath}" method="get">
          <input type="hidden" name="redirectUrl" value="${redirectUrl}" />
          <label>User name <input name="user" autofocus /></label>
          <button>Sign in</button>
        </form>`,
      );
    });

  // Tests may go here at once: `?user=ada&redirectUrl=…`.
  router.at("GET", finishPath, (call) => {
    const redirectUrl = call.query("redirectUrl");
    const user = call.query("user");
    if (redirectUrl === undefined || user === undefined) throw missingParam("Missing redirectUrl or user");
    const userId = accounts.userId(user);
    if (accounts.find(userId) === undefined) accounts.create(user, undefined);
    const target = new URL(redirectUrl);
    target.searchParams.set("loginToken", sessions.issueLoginToken(userId));
    return new Response(null, { status: 302, headers: { Location: target.href } });
  });

  router.get("/auth/:stage/fallback/web", (call) => {
    const session = call.query("session");
    if (session === undefined) throw missingParam("Missing session");
    interactiveAuth.complete(session, call.param("stage"));
    return page(
      html`<p>Done. You may close this window.</p>
        <script>
          if (window.onAuthDone) window.onAuthDone();
          else if (window.opener) window.opener.postMessage("authDone", "*");
        </script>`,
    );
  });
}

function page(body: unknown): Response {
  return new Response(`<!doctype html><html lang="en"><title>Sign in</title><body>${String(body)}</body></html>`, {
    headers: { "Content-Type": "text/html; charset=utf-8" },
  });
}

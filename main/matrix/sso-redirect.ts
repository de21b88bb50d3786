import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { CodedError } from "../../protocol/errors.ts";

const WAIT_MS = 10 * 60_000;

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Bulkhead</title>
<style>body{font:16px system-ui;margin:20vh auto;max-width:28rem;text-align:center}</style>
<h1>You can go back to Bulkhead</h1><p>This tab is not needed any more.</p></html>`;

/**
 * Runs single sign-on: opens the server's page in the browser and waits for its redirect to a loopback port (RFC 8252, 7.3).
 * Answers the login token. The `state` makes a redirect that we did not ask for (another page, another program) worthless.
 */
export async function signOnWithBrowser(options: {
  readonly baseUrl: string;
  readonly idpId: string | null;
  readonly openBrowser: (url: string) => Promise<void>;
  readonly signal: AbortSignal;
}): Promise<string> {
  const state = randomBytes(32).toString("base64url");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let port = 0;
  // Loaded only here: Node's module brings a whole HTTP client along, which would cost every start.
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    const token = parseRedirect(request, port, state);
    respond(response, token === undefined ? 400 : 200);
    if (token !== undefined) resolve(token);
  });
  const giveUp = (): void => reject(new CodedError("cancelled"));
  const timer = setTimeout(() => reject(new CodedError("timeout")), WAIT_MS);
  options.signal.addEventListener("abort", giveUp, { once: true });
  try {
    if (options.signal.aborted) giveUp();
    port = await listen(server);
    await options.openBrowser(ssoUrl(options.baseUrl, options.idpId, `http://127.0.0.1:${port}/sso/${state}`));
    return await promise;
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", giveUp);
    server.close();
    server.closeAllConnections();
  }
}

/** https://spec.matrix.org/v1.16/client-server-api/#redirecting-to-the-authentication-server */
export function ssoUrl(baseUrl: string, idpId: string | null, redirectUrl: string): string {
  const path = idpId === null ? "" : `/${encodeURIComponent(idpId)}`;
  return `${baseUrl}/_matrix/client/v3/login/sso/redirect${path}?redirectUrl=${encodeURIComponent(redirectUrl)}`;
}

/** The login token of a redirect that is ours. The state lies in the path, because servers append `loginToken` to whatever query there is. */
export function parseRedirect(
  request: Pick<IncomingMessage, "method" | "url" | "headers">,
  port: number,
  state: string,
): string | undefined {
  // DNS rebinding: a page of another name that resolves to loopback has another Host.
  if (request.method !== "GET" || request.headers.host !== `127.0.0.1:${port}`) return undefined;
  const url = URL.parse(request.url ?? "", `http://127.0.0.1:${port}`);
  const given = url?.pathname.match(/^\/sso\/([A-Za-z0-9_-]{1,64})$/)?.[1];
  if (url === null || given === undefined || !sameText(given, state)) return undefined;
  const token = url.searchParams.get("loginToken");
  return token !== null && token.length > 0 && token.length <= 4096 ? token : undefined;
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function respond(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(status === 200 ? PAGE : "Not expected here");
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new CodedError("internal"));
    });
  });
}

import type { RawRequest, Transport } from "./transport.ts";

/** How long an answer of the system counts. It changes when somebody goes from one network to another. */
const KEPT_MS = 60_000;
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+):\d{1,5}$/;

/**
 * A transport that takes the way through the proxy that the system names for an address. `resolve` answers as Electron's `session.resolveProxy` does:
 * `PROXY proxy.example:3128; DIRECT`. Proxies that ask for a password, and SOCKS, are not understood; where the first entry is one, the way is the direct one.
 */
export function withSystemProxy(
  transport: Transport,
  { resolve, now }: { readonly resolve: (url: string) => Promise<string>; readonly now: () => number },
): Transport {
  const known = new Map<string, { readonly proxy: string | undefined; readonly until: number }>();
  let inUse: string | undefined;
  let giveBack = (): void => undefined;
  const proxyFor = async ({ url }: RawRequest): Promise<string | undefined> => {
    const { origin } = new URL(url);
    const kept = known.get(origin);
    if (kept !== undefined && kept.until > now()) return kept.proxy;
    const proxy = parseProxy(await resolve(origin).catch(() => "DIRECT"));
    known.set(origin, { proxy, until: now() + KEPT_MS });
    return proxy;
  };
  return {
    async send(request) {
      const proxy = await proxyFor(request);
      if (proxy !== inUse) {
        // Loaded only here: without a proxy it would cost every start.
        const { setGlobalProxyFromEnv } = await import("node:http");
        giveBack();
        giveBack = proxy === undefined ? () => undefined : setGlobalProxyFromEnv({ http_proxy: proxy, https_proxy: proxy });
        inUse = proxy;
      }
      return transport.send(request);
    },
  };
}

/** The first entry, as an address; undefined for the direct way. */
export function parseProxy(rules: string): string | undefined {
  const [kind, host = ""] = rules.split(";", 1).join("").trim().split(/\s+/);
  if (!HOST.test(host)) return undefined;
  return kind === "PROXY" ? `http://${host}` : kind === "HTTPS" ? `https://${host}` : undefined;
}

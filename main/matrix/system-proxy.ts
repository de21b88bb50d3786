import { err } from "../../protocol/result.ts";
import type { RawRequest, Transport } from "./transport.ts";

/** How long an answer of the system counts. It changes when somebody goes from one network to another. */
const KEPT_MS = 60_000;
/** What the system names cannot be used: nothing is sent. */
export const NO_WAY = Symbol("no way");
type Way = string | undefined | typeof NO_WAY;
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+):\d{1,5}$/;

/**
 * A transport that takes the way through the proxy that the system names for an address. `resolve` answers as Electron's `session.resolveProxy` does:
 * `PROXY proxy.example:3128; DIRECT`. Proxies that ask for a password, and SOCKS, are not understood; where all entries are such, servers are unreachable.
 */
export function withSystemProxy(
  transport: Transport,
  { resolve, now }: { readonly resolve: (url: string) => Promise<string>; readonly now: () => number },
): Transport {
  const known = new Map<string, { readonly way: Way; readonly until: number }>();
  let inUse: string | undefined;
  let giveBack = (): void => undefined;
  const wayOf = async ({ url }: RawRequest): Promise<Way> => {
    const { origin } = new URL(url);
    const kept = known.get(origin);
    if (kept !== undefined && kept.until > now()) return kept.way;
    const way = parseWay(await resolve(origin).catch(() => "DIRECT"));
    known.set(origin, { way, until: now() + KEPT_MS });
    return way;
  };
  return {
    async send(request) {
      const proxy = await wayOf(request);
      // SECURITY: who sends everything through Tor must not be shown to the server by a client that knows no SOCKS.
      if (proxy === NO_WAY) return err("unreachable");
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

/** The first entry that is understood, as an address; undefined for the direct way, and where there is no entry at all. */
export function parseWay(rules: string): Way {
  const entries = rules
    .split(";")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  for (const entry of entries) {
    const [kind, host = ""] = entry.split(/\s+/);
    if (kind === "DIRECT") return undefined;
    if (HOST.test(host) && kind === "PROXY") return `http://${host}`;
    if (HOST.test(host) && kind === "HTTPS") return `https://${host}`;
  }
  return entries.length === 0 ? undefined : NO_WAY;
}

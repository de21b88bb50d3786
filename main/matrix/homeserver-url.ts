import { err, ok, type Result } from "../../protocol/result.ts";

/** What a person typed as their server. */
export type ServerInput =
  | { readonly kind: "url"; readonly baseUrl: string }
  /** A Matrix server name: where its API lives is asked of its `.well-known`. */
  | { readonly kind: "name"; readonly host: string };

const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?)(?::[0-9]{1,5})?$/;

/** Takes `example.org`, `localhost:8008`, `https://matrix.example.org/` and `@ada:example.org`. */
export function parseServerInput(text: string): Result<ServerInput, "not-a-server"> {
  const trimmed = text.trim();
  if (/^https?:\/\//i.test(trimmed)) {
    const parsed = parseBaseUrl(trimmed);
    return parsed.ok ? ok({ kind: "url", baseUrl: parsed.value }) : err("not-a-server");
  }
  const host = trimmed.startsWith("@") && trimmed.includes(":") ? trimmed.slice(trimmed.indexOf(":") + 1) : trimmed.replace(/\/$/, "");
  if (host.length > 255 || !HOST.test(host)) return err("not-a-server");
  const url = URL.parse(`https://${host}`);
  if (url === null) return err("not-a-server");
  // A loopback server has no .well-known and rarely TLS.
  if (LOOPBACK.has(url.hostname)) return ok({ kind: "url", baseUrl: `http://${host}` });
  return ok({ kind: "name", host });
}

/**
 * A homeserver's base URL without a trailing slash: https only, except for loopback, where tests and the demo live.
 * No credentials, query or fragment.
 */
export function parseBaseUrl(text: string): Result<string, "not-a-server"> {
  if (text.length > 2048) return err("not-a-server");
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return err("not-a-server");
  const allowed = url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));
  if (!allowed || url.hostname === "") return err("not-a-server");
  return ok(`${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`);
}

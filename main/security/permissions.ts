import type { PageKind } from "./page-file.ts";

const ALLOWED: Readonly<Record<PageKind, ReadonlySet<string>>> = {
  chat: new Set(["notifications", "clipboard-sanitized-write"]),
  vault: new Set(["clipboard-sanitized-write"]),
};

/** Every permission that is not listed is denied, those that Chromium has yet to invent included. */
export function decidePermission(kind: PageKind, permission: string, requestingUrl: string): boolean {
  const url = URL.parse(requestingUrl);
  return url !== null && url.protocol === "app:" && url.host === kind && ALLOWED[kind].has(permission);
}

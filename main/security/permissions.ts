import type { PageKind } from "./page-file.ts";

const ALLOWED: Readonly<Record<PageKind, ReadonlySet<string>>> = {
  chat: new Set(["notifications", "clipboard-sanitized-write"]),
  vault: new Set(["clipboard-sanitized-write"]),
};

/**
 * Every permission that is not listed is denied, those that Chromium has yet to invent included. `media`: what a request for `media` wants; the vault may
 * film, to read the code of another device, and nobody may listen.
 */
export function decidePermission(kind: PageKind, permission: string, requestingUrl: string, media: readonly string[] = []): boolean {
  const url = URL.parse(requestingUrl);
  if (url === null || url.protocol !== "app:" || url.host !== kind) return false;
  if (permission === "media") return kind === "vault" && media.length > 0 && media.every((type) => type === "video");
  return ALLOWED[kind].has(permission);
}

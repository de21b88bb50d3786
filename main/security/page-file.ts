import { extname, join, sep } from "node:path";

/** The two pages, by the host of their app:// address. */
export type PageKind = "chat" | "vault";

export const pageUrl = (kind: PageKind): string => `app://${kind}/index.html`;

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".woff2", "font/woff2"],
  [".json", "application/json"],
]);

export type PageFile = { readonly path: string; readonly mediaType: string };

/**
 * The file that an address of one page means, or undefined where it means none: another host, another method, a way out of the page's folder,
 * a kind of file that pages have no use for. The chat page cannot load a file of the vault, nor the other way round.
 */
export function resolvePageFile(kind: PageKind, root: string, method: string, address: string): PageFile | undefined {
  const url = URL.parse(address);
  if (method !== "GET" || url === null || url.protocol !== "app:" || url.host !== kind) return undefined;
  const path = decodePath(url.pathname);
  if (path === undefined || !/^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(path)) return undefined;
  const mediaType = MEDIA_TYPES.get(extname(path));
  const file = join(root, path);
  if (mediaType === undefined || !file.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
  return { path: file, mediaType };
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Whether a frame's address is the page itself: not a subframe's, not `about:blank`, not empty. */
export function isPageAddress(kind: PageKind, address: string): boolean {
  const url = URL.parse(address);
  return url !== null && url.protocol === "app:" && url.host === kind && url.pathname === "/index.html";
}

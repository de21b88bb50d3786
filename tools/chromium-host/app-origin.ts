/**
 * Chromium gives a page of an unknown scheme no real origin, so a privileged scheme is shown to it as https under a name that
 * never resolves: `app://chat/x` ↔ `https://chat.app.invalid/x`. Main only ever sees the first form.
 */
export type SchemeRegistry = Set<string>;

export function toPageUrl(schemes: SchemeRegistry, url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(url);
  const [, scheme, host, rest] = parts ?? [];
  if (scheme === undefined || host === undefined || !schemes.has(scheme.toLowerCase())) return url;
  return `https://${host}.${scheme.toLowerCase()}.invalid${rest === undefined || rest === "" ? "/" : rest}`;
}

export function toAppUrl(schemes: SchemeRegistry, url: string): string {
  const [, host, scheme, rest] = /^https:\/\/([^/?#:]+)\.([a-z0-9+-]+)\.invalid(?=[/?#]|$)(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || host === undefined || !schemes.has(scheme)) return url;
  return `${scheme}://${host}${rest ?? ""}`;
}

/** The scheme that serves this page address, or undefined where it is none of ours. */
export function servingScheme(schemes: SchemeRegistry, pageUrl: string): string | undefined {
  const url = toAppUrl(schemes, pageUrl);
  return url === pageUrl ? undefined : url.slice(0, url.indexOf(":"));
}

/** Serialised origin as Electron reports it: `app://chat`, or `null` for what has none. */
export function appOrigin(url: string): string {
  const [origin] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url) ?? ["null"];
  return origin;
}

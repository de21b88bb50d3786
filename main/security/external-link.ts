const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:", "matrix:"]);
const MAX_LENGTH = 4096;
/** Characters that would show another address than the one that is opened: controls, and those that turn the writing direction. */
const DECEPTIVE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** An address that may leave the app, in the exact form in which it is shown and opened; undefined where it may not. */
export function parseExternalLink(address: string): string | undefined {
  if (address.length > MAX_LENGTH || DECEPTIVE.test(address)) return undefined;
  const url = URL.parse(address);
  if (url === null || !SCHEMES.has(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  return url.href.length <= MAX_LENGTH ? url.href : undefined;
}

import { isDeceptive } from "../../protocol/deceptive.ts";

/** `matrix:` is not among them: such links are for this very app, which follows them itself. */
const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);
const MAX_LENGTH = 4096;

/** An address that may leave the app, in the exact form in which it is shown and opened; undefined where it may not. */
export function parseExternalLink(address: string): string | undefined {
  if (address.length > MAX_LENGTH || isDeceptive(address)) return undefined;
  const url = URL.parse(address);
  if (url === null || !SCHEMES.has(url.protocol) || url.username !== "" || url.password !== "") return undefined;
  return url.href.length <= MAX_LENGTH ? url.href : undefined;
}

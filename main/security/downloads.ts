import type { PageKind } from "./page-file.ts";

/**
 * A page may save what it has made itself: a blob of its own origin. The system's dialog asks the person where. Anything that would have to be fetched
 * is refused.
 */
export const decideDownload = (kind: PageKind, address: string): boolean => address.startsWith(`blob:app://${kind}/`);

import { type MatrixLink, parseMatrixLink } from "../../protocol/matrix-link.ts";

/**
 * The Matrix link that the system opened the app with. It waits here over the start, the lock and a page that is loaded anew, until a page with an open
 * account takes it. The newest wins: who has opened two wants the second.
 */
export class LinkInbox {
  #link: MatrixLink | undefined;
  #onArrival: () => void = () => undefined;

  /** What the command line or the system says; whatever is no Matrix link is passed over. Answers whether there was one. */
  offer(addresses: readonly string[]): boolean {
    const link = addresses.flatMap((address) => parseMatrixLink(address) ?? []).at(-1);
    if (link === undefined) return false;
    this.#link = link;
    this.#onArrival();
    return true;
  }

  take(): MatrixLink | null {
    const link = this.#link ?? null;
    this.#link = undefined;
    return link;
  }

  /** For the one who shows it. */
  onArrival(listener: () => void): void {
    this.#onArrival = listener;
  }
}

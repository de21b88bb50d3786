import { CodedError } from "../../protocol/errors.ts";
import type { ClientContext } from "./context.ts";
import { codedStoreError } from "./store-errors.ts";

/**
 * Lets work go on that nobody waits for. That the network, the store or a shutdown stopped it is noted; anything else is a bug and ends the
 * process, as every unhandled rejection does.
 */
export function inBackground(context: Pick<ClientContext, "isClosed" | "log">, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    if (context.isClosed()) return;
    const coded = codedStoreError(error);
    if (!(coded instanceof CodedError)) throw error;
    context.log.warn("request.failed", { kind: "background", code: coded.code });
  });
}

/** As `inBackground`, for what a timer or a commit begins once that is over: what it throws at once is noted too. */
export function beginInBackground(context: Pick<ClientContext, "isClosed" | "log">, work: () => unknown): void {
  inBackground(context, Promise.resolve().then(work));
}

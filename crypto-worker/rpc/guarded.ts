import { codedStoreError } from "../client/store-errors.ts";

type AnyHandler = (...args: never[]) => unknown;

/** Handlers behind a check that runs before each of them; what the store throws gets its code. */
export function guarded<H extends object>(handlers: H, check: () => void = () => undefined): H {
  const wrap =
    (handler: AnyHandler): AnyHandler =>
    async (...args) => {
      try {
        check();
        return await handler(...args);
      } catch (error) {
        throw codedStoreError(error);
      }
    };
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, wrap(handler as AnyHandler)])) as H;
}

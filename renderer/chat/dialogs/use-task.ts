import { useCallback, useState } from "react";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";

export type Task = {
  readonly busy: boolean;
  readonly error: ErrorCode | null;
  /** Runs one call at a time; `then` only after it went well. */
  readonly run: <T>(call: () => Promise<Result<T, RpcError>>, then?: (value: T) => void) => Promise<void>;
  readonly clear: () => void;
};

/** The state of a form's one call: busy, and the error of the last try. */
export function useTask(): Task {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const run: Task["run"] = useCallback(async (call, then) => {
    setBusy(true);
    setError(null);
    const answer = await call();
    setBusy(false);
    if (answer.ok) then?.(answer.value);
    // Giving up is no error.
    else if (answer.error.code !== "cancelled") setError(answer.error.code);
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { busy, error, run, clear };
}

import { useCallback, useState } from "react";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";

export type Act = {
  readonly busy: boolean;
  readonly error: ErrorCode | null;
  /** Runs the call; answers its value, or undefined where it failed, with the reason in `error`. */
  readonly run: <T>(call: () => Promise<Result<T, RpcError>>) => Promise<T | undefined>;
  readonly forget: () => void;
};

/** One call at a time on behalf of a person, with what is to be shown meanwhile and afterwards. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const run = useCallback(async <T>(call: () => Promise<Result<T, RpcError>>): Promise<T | undefined> => {
    setBusy(true);
    setError(null);
    const answer = await call();
    setBusy(false);
    if (answer.ok) return answer.value;
    setError(answer.error.code);
    return undefined;
  }, []);
  const forget = useCallback(() => setError(null), []);
  return { busy, error, run, forget };
}

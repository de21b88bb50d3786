import { useEffect, useState } from "react";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode, RpcError } from "../../../protocol/errors.ts";
import type { Result } from "../../../protocol/result.ts";
import type { ShellContract } from "../../../protocol/shell.ts";
import { useSession } from "../state/session.ts";

export type Found = ResultOf<ShellContract["discover"]>;
export type Discovery =
  | { readonly state: "empty" }
  | { readonly state: "checking" }
  | { readonly state: "found"; readonly found: Found }
  | { readonly state: "failed"; readonly code: ErrorCode };

const TYPING_MS = 600;

/** Looks a typed homeserver up once typing rests. `attempt` counts the times that a person asked to try again. */
export function useDiscovery(server: string, attempt: number): Discovery {
  const session = useSession();
  const wanted = server.trim();
  const question = `${attempt} ${wanted}`;
  const [answered, setAnswered] = useState<{ readonly question: string; readonly answer: Result<Found, RpcError> } | null>(null);
  useEffect(() => {
    if (wanted === "") return undefined;
    let current = true;
    const ask = async (): Promise<void> => {
      const answer = await session.shell.call("discover", { server: wanted });
      if (current) setAnswered({ question, answer });
    };
    const timer = setTimeout(() => void ask(), TYPING_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, wanted, question]);
  if (wanted === "") return { state: "empty" };
  if (answered === null || answered.question !== question) return { state: "checking" };
  return answered.answer.ok ? { state: "found", found: answered.answer.value } : { state: "failed", code: answered.answer.error.code };
}

/** The server in a full user name; null in a plain one. */
export function serverOfUser(user: string): string | null {
  const match = /^@[^\s:]+:(\S+)$/.exec(user.trim());
  return match?.[1] ?? null;
}

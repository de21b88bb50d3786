import { useEffect, useState } from "react";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { ShellContract } from "../../../protocol/shell.ts";
import { useSession } from "../state/session.ts";

export type Found = ResultOf<ShellContract["discover"]>;
export type Discovery =
  | { readonly state: "empty" }
  | { readonly state: "checking" }
  | { readonly state: "found"; readonly server: string; readonly found: Found }
  | { readonly state: "failed"; readonly code: ErrorCode };

const TYPING_MS = 600;

/** Looks a typed homeserver up once typing rests. */
export function useDiscovery(server: string, attempt: number): Discovery {
  const session = useSession();
  const [discovery, setDiscovery] = useState<Discovery>({ state: "empty" });
  const wanted = server.trim();
  useEffect(() => {
    if (wanted === "") {
      setDiscovery({ state: "empty" });
      return undefined;
    }
    let current = true;
    setDiscovery({ state: "checking" });
    const timer = setTimeout(() => {
      void session.shell.call("discover", { server: wanted }).then((answer) => {
        if (!current) return;
        setDiscovery(answer.ok ? { state: "found", server: wanted, found: answer.value } : { state: "failed", code: answer.error.code });
      });
    }, TYPING_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [session, wanted, attempt]);
  return discovery;
}

/** The server in a full user name; null in a plain one. */
export function serverOfUser(user: string): string | null {
  const match = /^@[^\s:]+:(\S+)$/.exec(user.trim());
  return match?.[1] ?? null;
}

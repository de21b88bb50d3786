import { useEffect, useState } from "react";
import type { ResultOf } from "../../../protocol/define.ts";
import type { VaultContract } from "../../../protocol/vault.ts";
import { useVault } from "./vault.ts";

export type Described = ResultOf<VaultContract["describe"]>;

/** Who a user or device is, once the worker has told; null until then, and where it does not know them. */
export function useDescribed(userId: string, deviceId?: string): Described | null {
  const vault = useVault();
  const [described, setDescribed] = useState<Described | null>(null);
  useEffect(() => {
    let current = true;
    void vault.link
      .call("describe", deviceId === undefined ? { userId } : { userId, deviceId })
      .then((answer) => current && answer.ok && setDescribed(answer.value));
    return () => {
      current = false;
    };
  }, [vault, userId, deviceId]);
  return described;
}

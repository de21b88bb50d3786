import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";

/** Leaves the app lock as it is. Only where the account is open: otherwise the passphrase is what everything waits for. */
export function GiveUp(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const app = useValue(vault.app);
  if (app.phase !== "ready") return null;
  return <Button onPress={() => void vault.link.call("cancelTask", {})}>{say("common.cancel")}</Button>;
}

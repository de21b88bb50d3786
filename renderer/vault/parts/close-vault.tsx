import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";

/** The way back to the window behind, which cannot be used while the vault is open. */
export function CloseVault(): ReactNode {
  const say = useSay();
  const vault = useVault();
  return (
    <Button look="quiet" size="small" onPress={() => vault.close()}>
      {say("vault.closeVault")}
    </Button>
  );
}

import { useEffect } from "react";
import { useVault } from "./vault.ts";

/** While `on`, another window's wish does not take the screen away; it is announced instead. */
export function useHold(on: boolean): void {
  const vault = useVault();
  useEffect(() => (on ? vault.hold() : undefined), [vault, on]);
}

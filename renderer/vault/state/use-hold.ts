import { useEffect } from "react";
import { useVault } from "./vault.ts";

/** While `on`, another window's wish does not take the screen away; it is announced instead. */
export function useHold(on: boolean): void {
  const vault = useVault();
  useEffect(() => (on ? vault.hold() : undefined), [vault, on]);
}

const stay = (): void => undefined;

/** While `on`, there is no way off the screen: what the worker answers would be lost. */
export function useStay(on: boolean): void {
  const vault = useVault();
  useHold(on);
  useEffect(() => (on ? vault.guard(stay) : undefined), [vault, on]);
}

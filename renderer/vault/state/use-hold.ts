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

/**
 * While `on`, a wish to close the window by its frame, or to quit, calls `onWish` instead (Electron keeps the window where the page prevents its unloading,
 * and asks nothing itself). What main closes, for a lock or an account that is gone, goes all the same.
 */
export function useCloseGuard(on: boolean, onWish: () => void): void {
  useEffect(() => {
    if (!on) return undefined;
    const ask = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
      onWish();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [on, onWish]);
}

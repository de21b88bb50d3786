import { useEffect, useState } from "react";

const ARM_MS = 500;

/**
 * True once the window has been visible and focused for half a second without a break. Buttons that confirm wait for it, so that a click or a
 * key press that was meant for the chat cannot land on them.
 */
export function useArmed(): boolean {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = (): void => {
      clearTimeout(timer);
      if (!isInFront()) return setArmed(false);
      timer = setTimeout(() => setArmed(isInFront()), ARM_MS);
    };
    check();
    window.addEventListener("focus", check);
    window.addEventListener("blur", check);
    document.addEventListener("visibilitychange", check);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", check);
      window.removeEventListener("blur", check);
      document.removeEventListener("visibilitychange", check);
    };
  }, []);
  return armed;
}

const isInFront = (): boolean => document.visibilityState === "visible" && document.hasFocus();

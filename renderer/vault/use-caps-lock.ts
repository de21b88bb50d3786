import { useEffect, useState } from "react";

/** Whether Caps Lock is on, as far as the last key press told. */
export function useCapsLock(): boolean {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const check = (event: KeyboardEvent): void => setOn(event.getModifierState("CapsLock"));
    window.addEventListener("keydown", check);
    window.addEventListener("keyup", check);
    return () => {
      window.removeEventListener("keydown", check);
      window.removeEventListener("keyup", check);
    };
  }, []);
  return on;
}

import { useEffect, useState, type ReactNode } from "react";

/** Shows its children only when the wait is long enough to be noticed, so that quick answers do not flicker. */
export function Delayed({ children, ms = 200 }: { readonly children: ReactNode; readonly ms?: number }): ReactNode {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return shown ? children : null;
}

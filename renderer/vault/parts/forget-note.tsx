import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

/** What nobody can help with afterwards. */
export function ForgetNote({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <p className="vault__warning">
      <TriangleAlert className="icon" size={16} aria-hidden />
      <span>{children}</span>
    </p>
  );
}

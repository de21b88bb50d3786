import type { ReactNode } from "react";

/** The product's mark: a hatch in a bulkhead. */
export function Mark({ size = 40 }: { readonly size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 40 40" fill="none" aria-hidden className="icon mark">
      <rect width="40" height="40" rx="11" fill="var(--accent)" />
      <rect x="11" y="7" width="18" height="26" rx="9" stroke="var(--on-accent)" strokeWidth="2.4" />
      <circle cx="20" cy="20" r="4.2" stroke="var(--on-accent)" strokeWidth="2.4" />
      <path d="M20 15.8v-3.4M20 27.6v-3.4M15.8 20h-1.2M25.4 20h-1.2" stroke="var(--on-accent)" strokeWidth="2.4" strokeLinecap="round" />
    </svg>
  );
}

import type { ReactNode } from "react";
import { useSay } from "../../ui/text.tsx";

const ROWS = [70, 48, 62, 40, 74, 55, 66, 44] as const;

/** `label`: what is awaited, where that is more than a moment; it is then read as well as heard. */
export function ListSkeleton({ label }: { readonly label?: string }): ReactNode {
  const say = useSay();
  return (
    <div className="list-skeleton" role="status" {...(label === undefined ? { "aria-label": say("common.loading") } : {})}>
      {label !== undefined && <p className="list-skeleton__label">{label}</p>}
      {ROWS.map((width, index) => (
        <div key={index} className="list-skeleton__row">
          <span className="skeleton list-skeleton__avatar" />
          <span className="list-skeleton__lines">
            <span className="skeleton list-skeleton__line" style={{ width: `${width}%` }} />
            <span className="skeleton list-skeleton__line" style={{ width: `${width + 14}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

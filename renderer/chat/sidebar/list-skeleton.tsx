import type { ReactNode } from "react";
import { useSay } from "../../ui/text.tsx";

const ROWS = [70, 48, 62, 40, 74, 55, 66, 44] as const;

export function ListSkeleton(): ReactNode {
  const say = useSay();
  return (
    <div className="list-skeleton" role="status" aria-label={say("common.loading")}>
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

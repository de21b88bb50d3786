import type { ReactNode } from "react";
import { useSay } from "../../ui/text.tsx";

const LINES = [58, 34, 72, 46, 64, 28, 52] as const;

/** Where messages will be, while they are fetched. */
export function TimelineSkeleton(): ReactNode {
  const say = useSay();
  return (
    <div className="timeline-skeleton" role="status" aria-label={say("common.loading")}>
      {LINES.map((width, index) => (
        <div key={index} className="timeline-skeleton__row">
          <span className="skeleton timeline-skeleton__avatar" />
          <span className="timeline-skeleton__lines">
            <span className="skeleton timeline-skeleton__name" />
            <span className="skeleton timeline-skeleton__text" style={{ width: `${width}%` }} />
          </span>
        </div>
      ))}
    </div>
  );
}

import { X } from "lucide-react";
import type { ReactNode } from "react";
import { ProgressBar } from "react-aria-components";
import { useIntl } from "react-intl";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { formatBytes } from "./format-bytes.ts";

type ProgressProps = {
  readonly label: string;
  readonly done: number;
  /** Bytes; null while nobody knows. */
  readonly total: number | null;
  readonly cancel: string;
  readonly onCancel: () => void;
};

/** How far a file is, and how to stop it. */
export function ProgressLine({ label, done, total, cancel, onCancel }: ProgressProps): ReactNode {
  const say = useSay();
  const { formatNumber } = useIntl();
  const known = total !== null && total > 0;
  return (
    <div className="transfer">
      <ProgressBar className="transfer__bar" aria-label={label} {...(known ? { value: done, maxValue: total } : { isIndeterminate: true })}>
        {({ percentage }) => (
          <>
            <span className="transfer__track">
              <span className="transfer__fill" style={{ width: `${percentage ?? 0}%` }} />
            </span>
            <span className="transfer__text tabular">
              {label}
              {known && ` · ${say("media.progress", { done: formatBytes(formatNumber, done), total: formatBytes(formatNumber, total) })}`}
            </span>
          </>
        )}
      </ProgressBar>
      <IconButton icon={X} size="small" label={cancel} onPress={onCancel} />
    </div>
  );
}

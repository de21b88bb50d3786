import type { ReactNode } from "react";
import { CopyButton } from "../../ui/copy-button.tsx";

type CopyProps = {
  readonly label: string;
  readonly value: string;
  readonly shown?: string;
  readonly copyLabel: string;
  readonly mono?: boolean;
};

/** A fact that can be copied. */
export function CopyLine({ label, value, shown, copyLabel, mono }: CopyProps): ReactNode {
  return (
    <div className="fact">
      <dt>{label}</dt>
      <dd className={mono === true ? "mono" : ""}>{shown ?? value}</dd>
      <dd>
        <CopyButton label={copyLabel} value={value} />
      </dd>
    </div>
  );
}

import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";

type CopyProps = {
  readonly label: string;
  readonly value: string;
  readonly shown?: string;
  readonly copyLabel: string;
  readonly mono?: boolean;
};

/** A fact that can be copied. */
export function CopyLine({ label, value, shown, copyLabel, mono }: CopyProps): ReactNode {
  const say = useSay();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <div className="fact">
      <dt>{label}</dt>
      <dd className={mono === true ? "mono" : ""}>{shown ?? value}</dd>
      <dd>
        <IconButton
          icon={copied ? Check : Copy}
          size="small"
          label={copied ? say("common.copied") : copyLabel}
          onPress={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
        />
      </dd>
    </div>
  );
}

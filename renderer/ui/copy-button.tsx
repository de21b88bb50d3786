import { Check, Copy } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { IconButton } from "./button.tsx";
import { useSay } from "./text.tsx";

const COPIED_MS = 1500;

/** Copies a text, and says so for a moment: also to who does not see it. */
export function CopyButton({ label, value }: { readonly label: string; readonly value: string }): ReactNode {
  const say = useSay();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <>
      <IconButton
        icon={copied ? Check : Copy}
        size="small"
        label={copied ? say("common.copied") : label}
        onPress={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      />
      <span className="visually-hidden" role="status">
        {copied && say("common.copied")}
      </span>
    </>
  );
}

import type { LucideIcon } from "lucide-react";
import { useState, type DragEvent, type ReactNode } from "react";
import { FileTrigger } from "react-aria-components";
import { Button } from "../../ui/button.tsx";
import "./drop-zone.css";

type DropZoneProps = {
  readonly label: string;
  readonly icon: LucideIcon;
  /** What was chosen, in the icon's place. */
  readonly chosen?: ReactNode;
  readonly button: string;
  readonly hint?: string;
  readonly types: readonly string[];
  readonly disabled?: boolean;
  readonly onFile: (file: File) => void;
};

/** A place for a file: chosen by a button, or dropped. */
export function DropZone({ label, icon: Icon, chosen, button, hint, types, disabled = false, onFile }: DropZoneProps): ReactNode {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file !== undefined && !disabled) onFile(file);
  };
  return (
    <div
      className={`drop-zone ${over ? "drop-zone--over" : ""}`}
      role="group"
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {chosen ?? <Icon className="icon" size={26} strokeWidth={1.6} aria-hidden />}
      <FileTrigger acceptedFileTypes={types} onSelect={(files) => files?.[0] !== undefined && onFile(files[0])}>
        <Button isDisabled={disabled}>{button}</Button>
      </FileTrigger>
      {hint !== undefined && <span className="muted">{hint}</span>}
    </div>
  );
}

import type { ReactNode } from "react";
import { Dialog, DialogTrigger, Popover } from "react-aria-components";

type ExplainProps = {
  readonly trigger: ReactNode;
  readonly label: string;
  readonly children: ReactNode;
  readonly placement?: "top" | "bottom" | "bottom end" | "top start" | "bottom start";
};

/** A mark that opens a sentence in plain words and the next step. */
export function Explain({ trigger, label, children, placement = "bottom" }: ExplainProps): ReactNode {
  return (
    <DialogTrigger>
      {trigger}
      <Popover className="popover popover--explain" placement={placement} offset={6}>
        <Dialog className="dialog" aria-label={label}>
          {children}
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

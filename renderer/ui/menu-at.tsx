import { useRef, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { Menu, Popover } from "react-aria-components";

export type Place = { readonly x: number; readonly y: number };

type MenuProps = {
  /** Where in the window it opens. */
  readonly at: Place;
  readonly label: string;
  readonly onAction: (key: string | number) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
};

/** A menu about something that is no button: it opens where that was pressed. */
export function MenuAt({ at, label, onAction, onClose, children }: MenuProps): ReactNode {
  const anchor = useRef<HTMLSpanElement>(null);
  return (
    <>
      {/* Outside of whatever scrolls: there a fixed place would not be one of the window. */}
      {createPortal(<span ref={anchor} className="menu-anchor" style={{ left: at.x, top: at.y }} />, document.body)}
      <Popover
        className="popover"
        aria-label={label}
        triggerRef={anchor}
        isOpen
        placement="bottom start"
        offset={2}
        onOpenChange={(open) => {
          if (!open) onClose();
        }}
      >
        <Menu className="menu" aria-label={label} autoFocus="first" onAction={onAction} onClose={onClose}>
          {children}
        </Menu>
      </Popover>
    </>
  );
}

import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { MenuItem } from "react-aria-components";

type MenuEntryProps = {
  readonly id: string;
  readonly icon: LucideIcon;
  readonly text: string;
  readonly danger?: boolean;
  /** What stands at its end: keys, or a mark. */
  readonly children?: ReactNode;
};

/** One line of a menu. */
export function MenuEntry({ id, icon: Icon, text, danger = false, children }: MenuEntryProps): ReactNode {
  return (
    <MenuItem id={id} className={`menu__item ${danger ? "menu__item--danger" : ""}`} textValue={text}>
      <Icon className="icon" size={16} aria-hidden />
      {text}
      {children}
    </MenuItem>
  );
}

import { ChevronRight, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import "./choices.css";

type ChoicesProps = { readonly label: string; readonly children: ReactNode };

/** A list of ways to go on, each with a sentence. */
export function Choices({ label, children }: ChoicesProps): ReactNode {
  return (
    <ul className="choices" aria-label={label}>
      {children}
    </ul>
  );
}

type WayProps = {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: string;
  readonly onPress: () => void;
  readonly look?: "plain" | "primary" | "danger";
  readonly disabled?: boolean;
};

export function Way({ icon: Icon, title, text, onPress, look = "plain", disabled = false }: WayProps): ReactNode {
  return (
    <li>
      <AriaButton className={`way way--${look}`} onPress={onPress} isDisabled={disabled}>
        <Icon className="icon way__icon" size={20} strokeWidth={1.8} aria-hidden />
        <span className="way__words">
          <span className="way__title">{title}</span>
          <span className="way__text">{text}</span>
        </span>
        <ChevronRight className="icon way__go" size={16} aria-hidden />
      </AriaButton>
    </li>
  );
}

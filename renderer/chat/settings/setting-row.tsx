import type { LucideIcon } from "lucide-react";
import { useId, type ReactNode } from "react";
import { Group } from "react-aria-components";

export type RowTone = "plain" | "good" | "warn" | "danger";

type RowProps = {
  readonly icon: LucideIcon;
  readonly title: string;
  /** How it stands, in a word or two; the tone is for the eye, the word says the same. */
  readonly state?: string;
  readonly tone?: RowTone;
  readonly text: ReactNode;
  readonly action?: ReactNode;
};

/** One matter in settings: what it is, how it stands, what follows from that, and what can be done. */
export function SettingRow({ icon: Icon, title, state, tone = "plain", text, action }: RowProps): ReactNode {
  const id = useId();
  return (
    <Group className={`setting setting--${tone}`} aria-labelledby={id}>
      <Icon className="icon" size={20} strokeWidth={1.7} aria-hidden />
      <div className="setting__main">
        <p className="setting__head" id={id}>
          <span className="setting__title">{title}</span>
          {state !== undefined && <span className="setting__state">{state}</span>}
        </p>
        <div className="setting__text">{text}</div>
      </div>
      {action !== undefined && <div className="setting__action">{action}</div>}
    </Group>
  );
}

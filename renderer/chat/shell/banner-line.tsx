import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import "./banners.css";

type LineProps = {
  readonly tone: "quiet" | "plain" | "warn" | "danger";
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text?: ReactNode;
  readonly action?: ReactNode;
  readonly spin?: boolean;
};

/** One line with what is the matter, what follows from it, and what to do. */
export function BannerLine({ tone, icon: Icon, title, text, action, spin }: LineProps): ReactNode {
  return (
    <div className={`banner banner--${tone}`}>
      <Icon className={spin === true ? "icon spinner" : "icon"} size={16} aria-hidden />
      <p className="banner__text">
        <strong>{title}</strong> {text}
      </p>
      {action}
    </div>
  );
}

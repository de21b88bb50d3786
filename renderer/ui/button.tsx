import type { LucideIcon } from "lucide-react";
import type { ReactNode, Ref } from "react";
import { Button as AriaButton, Tooltip, TooltipTrigger, type ButtonProps as AriaButtonProps } from "react-aria-components";

type Look = "primary" | "secondary" | "quiet" | "danger" | "danger-quiet";

export type ButtonProps = Omit<AriaButtonProps, "className" | "children" | "style"> & {
  readonly look?: Look;
  readonly size?: "small" | "normal" | "wide";
  readonly icon?: LucideIcon;
  readonly children: ReactNode;
  readonly ref?: Ref<HTMLButtonElement>;
};

export function Button({ look = "secondary", size = "normal", icon: Icon, children, ...rest }: ButtonProps): ReactNode {
  return (
    <AriaButton {...rest} className={`button button--${look} button--${size}`}>
      {Icon !== undefined && <Icon className="icon" size={16} aria-hidden />}
      {children}
    </AriaButton>
  );
}

type IconButtonProps = Omit<AriaButtonProps, "className" | "children" | "style" | "aria-label"> & {
  readonly icon: LucideIcon;
  /** Read by screen readers and shown as the tooltip. */
  readonly label: string;
  readonly shortcut?: string;
  readonly size?: "small" | "normal";
  readonly pressed?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
};

export function IconButton({ icon: Icon, label, shortcut, size = "normal", pressed, ...rest }: IconButtonProps): ReactNode {
  const state = pressed === undefined ? {} : { "aria-pressed": pressed };
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <AriaButton {...rest} {...state} aria-label={label} className={`icon-button icon-button--${size}`}>
        <Icon className="icon" size={size === "small" ? 16 : 18} strokeWidth={1.8} aria-hidden />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {shortcut === undefined ? label : `${label} (${shortcut})`}
      </Tooltip>
    </TooltipTrigger>
  );
}

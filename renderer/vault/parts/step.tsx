import { ArrowLeft, type LucideIcon } from "lucide-react";
import { createContext, useContext, useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { Button, type ButtonProps } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";
import { useArmed } from "../use-armed.ts";
import "./step.css";

export type Tone = "plain" | "good" | "warn" | "danger";

type StepProps = {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly icon?: LucideIcon;
  readonly tone?: Tone;
  readonly children?: ReactNode;
  /** Buttons at the lower edge, which are always in sight. */
  readonly actions?: ReactNode;
  /** Makes the step a form. It is sent only once the step is armed. */
  readonly onSubmit?: () => void;
  /** Where the way back leads; `null`: there is none. The overview unless said otherwise. */
  readonly back?: { readonly label: string; readonly go: () => void } | null;
  /** The heading takes the focus, so that a screen reader tells where one is; not where a field does. */
  readonly focus?: "heading" | "field";
  /** Stands beside the way back. */
  readonly aside?: ReactNode;
};

const ArmedContext = createContext(false);
const HINT_AFTER_MS = 1500;

/**
 * One step of the vault: a heading, what there is to know, and what can be done about it. Each step arms anew; give steps of the same kind
 * different keys.
 */
export function Step({ title, lead, icon: Icon, tone = "plain", children, actions, onSubmit, back, focus, aside }: StepProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const armed = useArmed();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus !== "field") heading.current?.focus({ preventScroll: true });
  }, [focus]);
  const way = back === undefined ? { label: say("vault.back"), go: () => vault.home() } : back;
  const inside = (
    <ArmedContext value={armed}>
      <div className="step__body">
        {(way !== null || aside !== undefined) && (
          <div className="step__bar">
            {way !== null && (
              <Button look="quiet" size="small" icon={ArrowLeft} onPress={way.go}>
                {way.label}
              </Button>
            )}
            {aside !== undefined && <span className="step__aside">{aside}</span>}
          </div>
        )}
        <div className={`step__top ${lead === undefined ? "step__top--row" : ""}`}>
          {Icon !== undefined && (
            <span className={`step__icon step__icon--${tone}`} aria-hidden>
              <Icon className="icon" size={26} strokeWidth={1.8} />
            </span>
          )}
          <div className="step__head">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {lead !== undefined && <p className="step__lead">{lead}</p>}
          </div>
        </div>
        {children}
      </div>
      {actions !== undefined && (
        <div className="step__foot">
          <NotArmed armed={armed} />
          <div className="step__actions">{actions}</div>
        </div>
      )}
    </ArmedContext>
  );
  if (onSubmit === undefined) return <div className="step">{inside}</div>;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (armed) onSubmit();
  };
  return (
    <form className="step" onSubmit={submit} noValidate>
      {inside}
    </form>
  );
}

/** A button that confirms something. It works once the step has been in front for a moment. */
export function ArmedButton({ isDisabled, ...rest }: ButtonProps): ReactNode {
  const armed = useContext(ArmedContext);
  return <Button {...rest} isDisabled={isDisabled === true || !armed} />;
}

/** Says why nothing can be pressed, where that lasts: the window is not in front. */
function NotArmed({ armed }: { readonly armed: boolean }): ReactNode {
  const say = useSay();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(!armed), armed ? 0 : HINT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [armed]);
  return late && !armed ? (
    <p className="field__hint" role="status">
      {say("vault.arming")}
    </p>
  ) : null;
}

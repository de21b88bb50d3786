import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { ErrorCode } from "../../protocol/errors.ts";
import { errorSentence } from "./error-sentence.ts";
import { useSay } from "./text.tsx";

type NoteProps = {
  readonly tone?: "plain" | "warn" | "danger";
  readonly title?: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  readonly live?: boolean;
};

export function Note({ tone = "plain", title, children, actions, live }: NoteProps): ReactNode {
  const Icon = tone === "danger" ? CircleAlert : tone === "warn" ? TriangleAlert : Info;
  return (
    <div className={`note note--${tone}`} {...(live === true ? { role: "alert" } : {})}>
      <Icon className="icon" size={16} aria-hidden />
      <div className="note__body">
        {title !== undefined && <div className="note__title">{title}</div>}
        {children !== undefined && <div>{children}</div>}
        {actions !== undefined && <div className="note__actions">{actions}</div>}
      </div>
    </div>
  );
}

/** An error with all three of its sentences. */
export function ErrorNote({ code, actions }: { readonly code: ErrorCode; readonly actions?: ReactNode }): ReactNode {
  const say = useSay();
  const { what, kept, next } = errorSentence(code);
  return (
    <Note tone="danger" title={say(what)} live actions={actions}>
      {say(kept)} {say(next)}
    </Note>
  );
}

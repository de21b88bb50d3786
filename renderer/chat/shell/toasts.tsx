import { CircleAlert, ShieldQuestionMark, type LucideIcon } from "lucide-react";
import { useId, useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";
import { createPortal } from "react-dom";
import type { IncomingVerification } from "../../../protocol/messages/verification-view.ts";
import { Button } from "../../ui/button.tsx";
import { errorSentence } from "../../ui/error-sentence.ts";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { asideRequest, decideRequests } from "../state/notices.ts";
import { useSession } from "../state/session.ts";
import { focusLandmark } from "./landmarks.ts";
import { requestText, requestTitle } from "./request-title.ts";
import "./toasts.css";
import { VaultButton } from "./vault-button.tsx";

/**
 * What others ask of this person, in the corner and over everything else. It never takes the focus; F6 leads into it, Escape puts a request
 * aside. Its place is always in the page, so that dialogs know that it stays usable next to them.
 */
export function Toasts(): ReactNode {
  const say = useSay();
  const session = useSession();
  const safety = useValue(session.safety);
  const aside = useValue(session.aside);
  const refused = useValue(session.refused);
  const { shown, more } = useMemo(() => decideRequests(safety, aside), [safety, aside]);
  const any = shown.length > 0 || refused !== null;
  return createPortal(
    <section
      className="toasts"
      aria-label={say("landmark.toasts")}
      data-landmark={any ? "toasts" : undefined}
      data-react-aria-top-layer
      tabIndex={-1}
    >
      <div className="toasts__list" aria-live="polite" aria-relevant="additions">
        {refused !== null && (
          <Toast
            icon={CircleAlert}
            danger
            title={`${say(errorSentence(refused).what)}.`}
            text={`${say(errorSentence(refused).kept)} ${say(errorSentence(refused).next)}`}
            onDismiss={() => session.refused.set(null)}
            dismiss={say("common.close")}
          />
        )}
        {shown.map((request) => (
          <Request key={request.flowId} request={request} />
        ))}
        {more > 0 && <p className="toasts__more">{say("toast.more", { count: more })}</p>}
      </div>
    </section>,
    document.body,
  );
}

function Request({ request }: { readonly request: IncomingVerification }): ReactNode {
  const say = useSay();
  const clock = useClock();
  const session = useSession();
  const safety = useValue(session.safety);
  const { flowId } = request;
  return (
    <Toast
      icon={ShieldQuestionMark}
      title={requestTitle(say, safety, request)}
      text={
        <>
          <span className="toast__device">
            {say(request.deviceName === null ? "toast.atTime" : "toast.fromDevice", {
              device: request.deviceName ?? "",
              time: clock.time(request.since),
            })}
          </span>
          {requestText(say, safety, request)}
        </>
      }
      onDismiss={() => session.aside.update((aside) => asideRequest(aside, flowId))}
      dismiss={say("common.notNow")}
      action={
        <VaultButton look="primary" intent={{ kind: "verification", flowId }}>
          {say("common.openInVault")}
        </VaultButton>
      }
    />
  );
}

type ToastProps = {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text: ReactNode;
  readonly danger?: boolean;
  readonly action?: ReactNode;
  readonly dismiss: string;
  readonly onDismiss: () => void;
};

function Toast({ icon: Icon, title, text, danger, action, dismiss, onDismiss }: ToastProps): ReactNode {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const close = (): void => {
    const inside = box.current?.contains(document.activeElement) === true;
    const next = box.current?.nextElementSibling?.querySelector("button") ?? box.current?.previousElementSibling?.querySelector("button");
    onDismiss();
    // The focus goes on with what is left, and back to writing after the last.
    if (inside && next !== null && next !== undefined) next.focus();
    else if (inside) focusLandmark("composer");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    close();
  };
  return (
    <div
      ref={box}
      className={`toast ${danger === true ? "toast--danger" : ""}`}
      role="alertdialog"
      aria-modal={false}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onKeyDown={onKeyDown}
    >
      <Icon className="icon" size={20} strokeWidth={1.8} aria-hidden />
      <p className="toast__title" id={`${id}-title`}>
        {title}
      </p>
      <p className="toast__text" id={`${id}-text`}>
        {text}
      </p>
      <div className="toast__actions">
        {action}
        <Button size="small" onPress={close}>
          {dismiss}
        </Button>
      </div>
    </div>
  );
}

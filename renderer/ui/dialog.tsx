import { X } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button, IconButton } from "./button.tsx";
import { useSay } from "./text.tsx";

type DialogProps = {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
  readonly wide?: boolean;
  /** Nothing in it takes the focus, so that it takes it itself, for who scrolls by the keyboard. */
  readonly reading?: boolean;
  readonly onSubmit?: () => void;
  readonly role?: "dialog" | "alertdialog";
};

/** A modal dialog: focus moves in and stays in, Escape closes it, and focus returns where it was. */
export function Dialog({ title, onClose, children, foot, wide, reading, onSubmit, role = "dialog" }: DialogProps): ReactNode {
  const say = useSay();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit?.();
  };
  const inside = (
    <>
      <div className="dialog__body" {...(reading === true ? { tabIndex: 0 } : {})}>
        {children}
      </div>
      {foot !== undefined && <div className="dialog__foot">{foot}</div>}
    </>
  );
  return (
    <ModalOverlay className="backdrop" isOpen isDismissable={role === "dialog"} onOpenChange={(open) => !open && onClose()}>
      <Modal className={`modal ${wide === true ? "modal--wide" : ""}`}>
        <AriaDialog className="dialog" role={role}>
          <div className="dialog__head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <IconButton icon={X} label={say("common.close")} onPress={onClose} />
          </div>
          {onSubmit === undefined ? (
            inside
          ) : (
            <form className="dialog" onSubmit={submit} noValidate>
              {inside}
            </form>
          )}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

type ConfirmProps = {
  readonly title: string;
  readonly text: ReactNode;
  readonly confirm: string;
  readonly busy?: boolean;
  readonly danger?: boolean;
  readonly error?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
};

/** Asks before something that cannot be taken back. Cancel has the focus. */
export function Confirm({ title, text, confirm, busy, danger, error, onConfirm, onClose }: ConfirmProps): ReactNode {
  const say = useSay();
  return (
    <Dialog
      title={title}
      role="alertdialog"
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose} autoFocus>
            {say("common.cancel")}
          </Button>
          <Button look={danger === true ? "danger" : "primary"} isDisabled={busy === true} onPress={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      <div>{text}</div>
      {error}
    </Dialog>
  );
}

import { LoaderCircle, LockKeyhole, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { AppState } from "../../../protocol/shell.ts";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { errorSentence } from "../../ui/error-sentence.ts";
import { Mark } from "../../ui/mark.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useSession } from "../state/session.ts";
import "./gates.css";

/** Starting, and opening the account's store. */
export function Opening({ starting }: { readonly starting: boolean }): ReactNode {
  const say = useSay();
  return (
    <main className="gate" aria-busy>
      <Delayed>
        <Mark size={52} />
        <h1>{say(starting ? "opening.starting" : "opening.title")}</h1>
        <p className="muted gate__busy" role="status">
          <LoaderCircle className="icon spinner" size={15} aria-hidden />
          {say(starting ? "common.loading" : "opening.text")}
        </p>
      </Delayed>
    </main>
  );
}

/** The vault has to be visited before the account opens; this page can only ask for it to be shown. Nobody is left without a way out of it. */
export function VaultGate({ state }: { readonly state: Extract<AppState, { phase: "vault" }> }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [forgotten, setForgotten] = useState(false);
  const create = state.task === "create-passphrase";
  return (
    <main className="gate">
      <span className="gate__glyph">
        <LockKeyhole className="icon" size={30} strokeWidth={1.7} aria-hidden />
      </span>
      <h1>{say(create ? "vaultGate.create" : "vaultGate.unlock")}</h1>
      <p className="muted">{create ? say("vaultGate.createText") : say("vaultGate.unlockText", { userId: state.userId })}</p>
      <Button
        look="primary"
        icon={LockKeyhole}
        isDisabled={task.busy}
        onPress={() => void task.run(() => session.shell.call("openVault", { intent: { kind: "home" } }))}
        autoFocus
      >
        {say("vaultGate.open")}
      </Button>
      {create ? (
        <Button look="quiet" isDisabled={task.busy} onPress={() => void task.run(() => session.shell.call("logout", { force: false }))}>
          {say("vaultGate.cancel")}
        </Button>
      ) : (
        <Button look="quiet" onPress={() => setForgotten(true)}>
          {say("vaultGate.forgot")}
        </Button>
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
      {forgotten && (
        <SetAside title={say("vaultGate.forgotTitle")} onClose={() => setForgotten(false)}>
          <div className="gate__asked">
            <p>{say("vaultGate.forgotText")}</p>
            <p>{say("vaultGate.forgotAside")}</p>
            <p className="muted">{say("vaultGate.forgotDevice")}</p>
          </div>
        </SetAside>
      )}
    </main>
  );
}

/** The account cannot be opened: what happened, what is safe, what can be done. */
export function Failed({ state }: { readonly state: Extract<AppState, { phase: "failed" }> }): ReactNode {
  const say = useSay();
  const session = useSession();
  const retry = useTask();
  const [asking, setAsking] = useState(false);
  const { what, kept, next } = errorSentence(state.code);
  return (
    <main className="gate gate--failed">
      <span className="gate__glyph gate__glyph--bad">
        <TriangleAlert className="icon" size={30} strokeWidth={1.7} aria-hidden />
      </span>
      <h1>{say("failed.title")}</h1>
      {state.userId !== null && <p className="muted">{say("failed.account", { userId: state.userId })}</p>}
      <div className="gate__facts" role="alert">
        <p className="gate__what">{say(what)}.</p>
        <h2>{say("failed.kept")}</h2>
        <p>{say(kept)}</p>
        <h2>{say("failed.next")}</h2>
        <p>{say(next)}</p>
        <p className="muted">{say("failed.quit")}</p>
      </div>
      {retry.error !== null && <ErrorNote code={retry.error} />}
      <div className="gate__actions">
        <Button look="quiet" onPress={() => setAsking(true)}>
          {say("failed.setAside")}
        </Button>
        <Button look="primary" isDisabled={retry.busy} onPress={() => void retry.run(() => session.shell.call("retryOpen", {}))} autoFocus>
          {say("failed.retry")}
        </Button>
      </div>
      {asking && (
        <SetAside title={say("failed.setAsideTitle")} onClose={() => setAsking(false)}>
          {say("failed.setAsideText")}
        </SetAside>
      )}
    </main>
  );
}

type SetAsideProps = { readonly title: string; readonly onClose: () => void; readonly children: ReactNode };

/** Asks before the account's files are moved away; where they went is told by the screen for signing in, which comes next. */
function SetAside({ title, onClose, children }: SetAsideProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  return (
    <Confirm
      title={title}
      text={children}
      confirm={say("failed.setAside")}
      busy={task.busy}
      error={task.error === null ? null : <ErrorNote code={task.error} />}
      onConfirm={() =>
        void task.run(
          () => session.shell.call("setAccountAside", {}),
          ({ folder }) => session.setAsideIn.set(folder),
        )
      }
      onClose={onClose}
    />
  );
}

import { useEffect, useState, type ReactNode } from "react";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { decideLoss } from "../state/sign-out-loss.ts";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

/** Says what would be lost before anything is, and offers to save it first. Where nothing would be lost it is short. */
export function SignOut({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const safety = useValue(session.safety);
  const task = useTask();
  const [risk, setRisk] = useState<ResultOf<ChatContract["signOutRisk"]> | "unknown" | null>(null);
  const ended = app.phase === "logged-out-by-server";
  // Asked again when the safety changes: the way to less risk leads through the vault and back to here.
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const answer = await session.link.call("signOutRisk", {});
      if (current) setRisk(answer.ok ? answer.value : "unknown");
    };
    void ask();
    const stop = session.safety.subscribe(() => void ask());
    return () => {
      current = false;
      stop();
    };
  }, [session]);
  const loss = risk === null || risk === "unknown" ? null : decideLoss(risk, safety, ended);
  // Where the server cannot be told, what remains is to delete here all the same.
  const force = ended || task.error !== null;
  return (
    <Dialog
      title={say("signOut.title")}
      role="alertdialog"
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose} autoFocus>
            {say("common.cancel")}
          </Button>
          <Button
            look="danger"
            isDisabled={task.busy || risk === null}
            onPress={() => void task.run(() => session.shell.call("logout", { force }), onClose)}
          >
            {say(
              task.busy
                ? "signOut.working"
                : force && !ended
                  ? "signOut.force"
                  : loss?.grave === true
                    ? "signOut.confirmAnyway"
                    : "signOut.confirm",
            )}
          </Button>
        </>
      }
    >
      <p>{say("signOut.text")}</p>
      {risk === "unknown" && <Note tone="warn">{say("signOut.unknown")}</Note>}
      {loss?.grave === true && (
        <Note
          tone="danger"
          title={say("signOut.lossTitle")}
          actions={
            <>
              {loss.offerRecovery && (
                <VaultButton look="primary" intent={{ kind: "recovery" }}>
                  {say("signOut.recovery")}
                </VaultButton>
              )}
              {loss.keys > 0 && <VaultButton intent={{ kind: "export-keys" }}>{say("security.export")}</VaultButton>}
            </>
          }
        >
          <ul className="sign-out__losses">
            {loss.keys > 0 && <li>{say("signOut.loseKeys", { count: loss.keys })}</li>}
            {loss.identity && <li>{say("signOut.loseIdentity")}</li>}
          </ul>
        </Note>
      )}
      {loss !== null && loss.unsent > 0 && <Note tone="warn">{say("signOut.losePending", { count: loss.unsent })}</Note>}
      {loss?.needsRecoveryKey === true && (
        <Note
          tone="warn"
          title={say("signOut.keyTitle")}
          actions={ended ? undefined : <VaultButton intent={{ kind: "recovery" }}>{say("signOut.newKey")}</VaultButton>}
        >
          {say("signOut.keyText")}
        </Note>
      )}
      {loss !== null && !loss.grave && !loss.needsRecoveryKey && <p className="muted">{say("signOut.nothing")}</p>}
      {task.error !== null && <ErrorNote code={task.error} />}
      {task.error !== null && <p className="muted">{say("signOut.forceText")}</p>}
    </Dialog>
  );
}

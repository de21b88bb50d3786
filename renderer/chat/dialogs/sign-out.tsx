import { useEffect, useState, type ReactNode } from "react";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

/** Says what would be lost before anything is. */
export function SignOut({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const status = useValue(session.status);
  const task = useTask();
  const [encryption, setEncryption] = useState<ResultOf<ChatContract["encryptionStatus"]> | "unknown" | null>(null);
  const ended = app.phase === "logged-out-by-server";
  useEffect(() => {
    void session.link.call("encryptionStatus", {}).then((answer) => setEncryption(answer.ok ? answer.value : "unknown"));
  }, [session]);
  const unsent = (status?.pendingSends ?? 0) + (status?.failedSends ?? 0);
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
            isDisabled={task.busy}
            onPress={() => void task.run(() => session.shell.call("logout", { force }), onClose)}
          >
            {say(task.busy ? "signOut.working" : force && !ended ? "signOut.force" : "signOut.confirm")}
          </Button>
        </>
      }
    >
      <p>{say("signOut.text")}</p>
      {encryption === "unknown" ? (
        <Note tone="warn">{say("signOut.unknown")}</Note>
      ) : (
        encryption !== null && (
          <Note tone="warn" title={say("signOut.otherDevices", { count: Math.max(0, encryption.ownDevices - 1) })}>
            {say("signOut.loseKeys", { count: encryption.roomKeys })}
          </Note>
        )
      )}
      {unsent > 0 && <Note tone="danger">{say("signOut.losePending", { count: unsent })}</Note>}
      {task.error !== null && <ErrorNote code={task.error} />}
      {task.error !== null && <p className="muted">{say("signOut.forceText")}</p>}
    </Dialog>
  );
}

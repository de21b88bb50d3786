import type { ReactNode } from "react";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { localpart } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";
import { existingDm, openDm } from "./new-dm.tsx";
import "./link-dialogs.css";
import { useTask } from "./use-task.ts";

type PersonLinkProps = { readonly userId: string; readonly onClose: () => void };

/** A link led to a person who is not in the open room. The name is the one in the link: who they say they are is not asked before somebody writes to them. */
export function PersonLink({ userId, onClose }: PersonLinkProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const known = existingDm(session, userId) !== null;
  const isSignedIn = useStore(session.app, ({ phase }) => phase === "ready");
  const canGo = known || isSignedIn;
  return (
    <Dialog
      title={say("link.personTitle")}
      onClose={onClose}
      foot={
        <>
          {/* A link can come while somebody types: their Enter must not be the answer. */}
          <Button onPress={onClose} autoFocus>
            {say("common.cancel")}
          </Button>
          <Button look="primary" isDisabled={task.busy || !canGo} onPress={() => void task.run(() => openDm(session, userId), onClose)}>
            {say(known ? "link.personOpen" : "person.message")}
          </Button>
        </>
      }
    >
      <div className="link__person">
        <Avatar id={userId} name={localpart(userId)} mxc={null} size={40} shape="person" />
        <div className="link__names">
          <strong>{localpart(userId)}</strong>
          <span className="link__target mono">{userId}</span>
        </div>
      </div>
      <p>{say(known ? "link.personKnown" : isSignedIn ? "link.personText" : "link.signedOut")}</p>
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

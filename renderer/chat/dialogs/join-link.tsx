import type { ReactNode } from "react";
import type { MatrixLink } from "../../../protocol/matrix-link.ts";
import { Confirm } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import "./link-dialogs.css";
import { useTask } from "./use-task.ts";

type JoinLinkProps = { readonly link: MatrixLink & { readonly kind: "room" }; readonly onClose: () => void };

/** A link led to a room that is not among ours. */
export function JoinLink({ link, onClose }: JoinLinkProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const isSignedIn = useStore(session.app, ({ phase }) => phase === "ready");
  const join = (): void =>
    void task.run(
      () => session.join(link.room, link.via),
      ({ roomId }) => {
        onClose();
        if (link.eventId !== null) session.openRoom(roomId, link.eventId);
      },
    );
  return (
    <Confirm
      title={say("link.joinTitle")}
      text={
        <div className="link__what">
          <p className="link__target mono">{link.room}</p>
          <p>{say(isSignedIn ? "link.joinText" : "link.signedOut")}</p>
        </div>
      }
      confirm={say("join.submit")}
      busy={task.busy || !isSignedIn}
      error={task.error === null ? null : <ErrorNote code={task.error} />}
      onConfirm={join}
      onClose={onClose}
    />
  );
}

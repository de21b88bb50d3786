import type { ReactNode } from "react";
import { useStore } from "../../ui/store.ts";
import { SettingsDialog } from "../settings/settings-dialog.tsx";
import { useSession } from "../state/session.ts";
import "./dialogs.css";
import { EditHistory } from "./edit-history.tsx";
import { ForwardMessage } from "./forward-message.tsx";
import { InvitePeople } from "./invite-people.tsx";
import { JoinLink } from "./join-link.tsx";
import { JoinRoom } from "./join-room.tsx";
import { NewDm } from "./new-dm.tsx";
import { NewRoom } from "./new-room.tsx";
import { PersonLink } from "./person-link.tsx";
import { Reauthenticate } from "./reauthenticate.tsx";
import { EnableEncryption, LeaveRoom, RemovePerson, RenameRoom } from "./room-confirms.tsx";
import { SendAnyway } from "./send-anyway.tsx";
import { ShortcutsDialog } from "./shortcuts-dialog.tsx";
import { SignOut } from "./sign-out.tsx";
import { Switcher } from "./switcher.tsx";

/** The one dialog that is open, if any. */
export function Dialogs(): ReactNode {
  const session = useSession();
  const dialog = useStore(session.view, (view) => view.dialog);
  if (dialog === null) return null;
  const onClose = (): void => session.view.update((view) => (view.dialog === dialog ? { ...view, dialog: null } : view));
  switch (dialog.kind) {
    case "new-room":
      return <NewRoom onClose={onClose} />;
    case "new-dm":
      return <NewDm onClose={onClose} />;
    case "join":
      return <JoinRoom onClose={onClose} />;
    case "join-link":
      return <JoinLink link={dialog.link} onClose={onClose} />;
    case "person-link":
      return <PersonLink userId={dialog.userId} onClose={onClose} />;
    case "invite":
      return <InvitePeople roomId={dialog.roomId} onClose={onClose} />;
    case "leave":
      return <LeaveRoom roomId={dialog.roomId} onClose={onClose} />;
    case "rename":
      return <RenameRoom roomId={dialog.roomId} onClose={onClose} />;
    case "enable-encryption":
      return <EnableEncryption roomId={dialog.roomId} onClose={onClose} />;
    case "remove-person":
      return <RemovePerson roomId={dialog.roomId} userId={dialog.userId} name={dialog.name} onClose={onClose} />;
    case "send-anyway":
      return <SendAnyway roomId={dialog.roomId} itemId={dialog.itemId} devices={dialog.devices} onClose={onClose} />;
    case "forward":
      return <ForwardMessage roomId={dialog.roomId} item={dialog.item} onClose={onClose} />;
    case "edit-history":
      return <EditHistory roomId={dialog.roomId} eventId={dialog.eventId} onClose={onClose} />;
    case "settings":
      return <SettingsDialog section={dialog.section} onClose={onClose} />;
    case "shortcuts":
      return <ShortcutsDialog onClose={onClose} />;
    case "switcher":
      return <Switcher onClose={onClose} />;
    case "sign-out":
      return <SignOut onClose={onClose} />;
    case "reauthenticate":
      return <Reauthenticate onClose={onClose} />;
  }
}

import { ArrowLeft, MessageCircle, PanelLeftOpen } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { AvatarContext } from "../ui/avatar.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Delayed } from "../ui/delayed.tsx";
import { shortcutText } from "../ui/keys.ts";
import { useStore, useValue } from "../ui/store.ts";
import { TextProvider, useSay } from "../ui/text.tsx";
import { applyTheme } from "../ui/theme.ts";
import "./app.css";
import { SendDialog } from "./attachments/send-dialog.tsx";
import { Viewer } from "./attachments/viewer.tsx";
import { Dialogs } from "./dialogs/dialogs.tsx";
import { useSystemLinks } from "./links/use-system-links.ts";
import { Panel } from "./panel/panel.tsx";
import { RoomView } from "./room/room-view.tsx";
import { TimelineSkeleton } from "./room/timeline-skeleton.tsx";
import { Banners } from "./shell/banners.tsx";
import { SHORTCUTS } from "./shell/shortcuts.ts";
import { useCommands } from "./shell/use-commands.ts";
import { Toasts } from "./shell/toasts.tsx";
import { useNarrow } from "./shell/use-narrow.ts";
import { useNotifications } from "./shell/use-notifications.ts";
import { Sidebar } from "./sidebar/sidebar.tsx";
import { Failed, Opening, VaultGate } from "./sign-in/gates.tsx";
import { SignIn } from "./sign-in/sign-in.tsx";
import { useArriving } from "./state/arriving.ts";
import { SessionContext, useSession, type Session } from "./state/session.ts";

export function App({ session }: { readonly session: Session }): ReactNode {
  return (
    <TextProvider>
      <I18nProvider locale={navigator.language}>
        <SessionContext value={session}>
          <AvatarContext value={session.avatars}>
            <Theme />
            <Screen />
          </AvatarContext>
        </SessionContext>
      </I18nProvider>
    </TextProvider>
  );
}

function Theme(): ReactNode {
  const theme = useStore(useSession().settings, (settings) => settings.theme);
  useEffect(() => applyTheme(theme), [theme]);
  return null;
}

/** The screen that the app's phase asks for. */
function Screen(): ReactNode {
  const session = useSession();
  const app = useValue(session.app);
  switch (app.phase) {
    case "starting":
      return <Opening starting />;
    case "signed-out":
      return <SignIn />;
    case "vault":
      return <VaultGate state={app} />;
    case "opening":
      return <Opening starting={false} />;
    case "failed":
      return <Failed state={app} />;
    case "ready":
    case "soft-logged-out":
    case "logged-out-by-server":
      return <Main />;
  }
}

function Main(): ReactNode {
  const session = useSession();
  useCommands(session);
  useNotifications(session);
  useSystemLinks(session);
  const collapsed = useStore(session.settings, (settings) => settings.sidebarCollapsed);
  const roomId = useStore(session.view, (view) => view.roomId);
  const panel = useStore(session.view, (view) => view.panel);
  const room = useStore(session.rooms, (rooms) => (roomId === null ? undefined : rooms.byId.get(roomId)));
  const narrow = useNarrow();
  return (
    <div className="app">
      <Banners />
      <div className={`app__columns ${narrow ? "app__columns--narrow" : ""}`}>
        {(narrow ? roomId === null : !collapsed) && <Sidebar />}
        {(!narrow || roomId !== null) && (
          <MainColumn>{room !== undefined ? <RoomView room={room} /> : roomId === null ? <NoRoom /> : <RoomArriving />}</MainColumn>
        )}
        {panel !== null && room !== undefined && room.membership !== "invite" && <Panel panel={panel} room={room} />}
      </div>
      <Dialogs />
      <SendDialog />
      <Viewer />
      <Toasts />
    </div>
  );
}

function MainColumn({ children }: { readonly children: ReactNode }): ReactNode {
  const say = useSay();
  const session = useSession();
  const collapsed = useStore(session.settings, (settings) => settings.sidebarCollapsed);
  const narrow = useNarrow();
  return (
    <main className={`main ${collapsed || narrow ? "main--alone" : ""}`} aria-label={say("landmark.main")}>
      {(collapsed || narrow) && (
        <div className="main__expand">
          {narrow ? (
            <IconButton icon={ArrowLeft} label={say("sidebar.back")} onPress={() => session.closeRoom()} />
          ) : (
            <IconButton
              icon={PanelLeftOpen}
              label={say("sidebar.expand")}
              shortcut={shortcutText(SHORTCUTS.sidebar)}
              onPress={() => void session.changeSettings({ sidebarCollapsed: false })}
            />
          )}
        </div>
      )}
      {children}
    </main>
  );
}

/** A room that was just made or joined, before the worker has told of it. */
function RoomArriving(): ReactNode {
  return (
    <div className="timeline" data-landmark="timeline">
      <Delayed>
        <TimelineSkeleton />
      </Delayed>
    </div>
  );
}

/** No room is open: the way to one. */
function NoRoom(): ReactNode {
  const say = useSay();
  const session = useSession();
  const empty = useStore(session.rooms, (rooms) => rooms.loaded && rooms.order.length === 0);
  const canWrite = useStore(session.app, (app) => app.phase === "ready");
  const arriving = useArriving();
  const firstRun = empty && canWrite && !arriving;
  return (
    <div className="empty no-room" data-landmark="timeline" tabIndex={-1}>
      <span className="empty__glyph">
        <MessageCircle className="icon" size={26} strokeWidth={1.6} aria-hidden />
      </span>
      <NoRoomText what={arriving ? "arriving" : firstRun ? "firstRun" : empty ? "signedOut" : "none"} />
      {firstRun && (
        <div className="no-room__actions">
          <Button look="primary" onPress={() => session.showDialog({ kind: "new-dm" })}>
            {say("sidebar.newDm")}
          </Button>
          <Button onPress={() => session.showDialog({ kind: "new-room" })}>{say("sidebar.newRoom")}</Button>
        </div>
      )}
    </div>
  );
}

function NoRoomText({ what }: { readonly what: "arriving" | "firstRun" | "signedOut" | "none" }): ReactNode {
  const say = useSay();
  return (
    <>
      <h1>{say(`room.${what}`)}</h1>
      <p>{say(`room.${what}Text`, { shortcut: shortcutText(SHORTCUTS.switcher) })}</p>
    </>
  );
}

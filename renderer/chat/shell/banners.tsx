import { CircleAlert, CloudOff, LoaderCircle, LogIn, RefreshCw, ServerOff, type LucideIcon } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import type { AppState, Connection } from "../../../protocol/shell.ts";
import { Button } from "../../ui/button.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import "./banners.css";

/** What is wrong with the connection or the account, most pressing first; nothing when all is well. */
export function Banners(): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const connection = useValue(session.connection);
  const catchingUp = useStore(session.status, (status) => status?.sync === "catching-up");
  const kind = pick(app, connection, catchingUp);
  return (
    <section
      className="banners"
      data-landmark={kind === null || kind === "catching-up" ? undefined : "banners"}
      aria-label={say("landmark.banners")}
      aria-live="polite"
    >
      {kind !== null && <Banner kind={kind} connection={connection} />}
    </section>
  );
}

type Kind = "logged-out" | "soft-logout" | "worker" | "offline" | "server-unreachable" | "rate-limited" | "catching-up";

function pick(app: AppState, connection: Connection, catchingUp: boolean): Kind | null {
  if (app.phase === "logged-out-by-server") return "logged-out";
  if (app.phase === "soft-logged-out") return "soft-logout";
  if (connection.workerRestarting) return "worker";
  switch (connection.state) {
    case "offline":
    case "server-unreachable":
    case "rate-limited":
      return connection.state;
    case "online":
    case "connecting":
    case "idle":
      return catchingUp ? "catching-up" : null;
  }
}

function Banner({ kind, connection }: { readonly kind: Kind; readonly connection: Connection }): ReactNode {
  const say = useSay();
  const session = useSession();
  switch (kind) {
    case "logged-out":
      return (
        <Line
          tone="danger"
          icon={CircleAlert}
          title={say("banner.loggedOut")}
          text={say("banner.loggedOutNext")}
          action={
            <Button size="small" onPress={() => session.showDialog({ kind: "sign-out" })}>
              {say("banner.loggedOutAction")}
            </Button>
          }
        />
      );
    case "soft-logout":
      return (
        <Line
          tone="warn"
          icon={LogIn}
          title={say("banner.softLogout")}
          text={say("banner.softLogoutNext")}
          action={
            <Button size="small" look="primary" onPress={() => session.showDialog({ kind: "reauthenticate" })}>
              {say("banner.softLogoutAction")}
            </Button>
          }
        />
      );
    case "worker":
      return <Line tone="warn" icon={RefreshCw} title={say("banner.workerRestarting")} text={say("banner.workerRestartingNext")} />;
    case "offline":
      return <Line tone="plain" icon={CloudOff} title={say("banner.offline")} text={say("banner.offlineNext")} />;
    case "server-unreachable":
    case "rate-limited":
      return (
        <Line
          tone="warn"
          icon={ServerOff}
          title={say(kind === "rate-limited" ? "banner.rateLimited" : "banner.unreachable")}
          text={<Countdown until={connection.retryAt} />}
          action={
            <Button size="small" onPress={() => void session.shell.call("retryConnection", {})}>
              {say("banner.retryNow")}
            </Button>
          }
        />
      );
    case "catching-up":
      return <Line tone="quiet" icon={LoaderCircle} spin title={say("banner.catchingUp")} />;
  }
}

type LineProps = {
  readonly tone: "quiet" | "plain" | "warn" | "danger";
  readonly icon: LucideIcon;
  readonly title: string;
  readonly text?: ReactNode;
  readonly action?: ReactNode;
  readonly spin?: boolean;
};

function Line({ tone, icon: Icon, title, text, action, spin }: LineProps): ReactNode {
  return (
    <div className={`banner banner--${tone}`}>
      <Icon className={spin === true ? "icon spinner" : "icon"} size={16} aria-hidden />
      <p className="banner__text">
        <strong>{title}</strong> {text}
      </p>
      {action}
    </div>
  );
}

function Countdown({ until }: { readonly until: number | null }): ReactNode {
  const say = useSay();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  if (until === null) return null;
  const seconds = Math.ceil((until - now) / 1000);
  // A live region that counts would be read out each second.
  return <span aria-live="off">{seconds > 0 ? say("banner.retryIn", { seconds }) : say("banner.retrying")}</span>;
}

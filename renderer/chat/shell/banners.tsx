import { CircleAlert, CloudOff, LoaderCircle, LogIn, RefreshCw, ServerOff } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import type { Connection } from "../../../protocol/shell.ts";
import { Button } from "../../ui/button.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { decideBanner, type Trouble } from "../state/banner.ts";
import { decideNotice, decideUpdate } from "../state/notices.ts";
import { useSession } from "../state/session.ts";
import { BannerLine } from "./banner-line.tsx";
import { SafetyLine } from "./safety-line.tsx";
import { UpdateLine } from "./update-line.tsx";

/** One line over everything: what is wrong with the connection or the account, else what would make it safer; nothing when all is well. */
export function Banners(): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const connection = useValue(session.connection);
  const catchingUp = useStore(session.status, (status) => status?.sync === "catching-up");
  const safety = useValue(session.safety);
  const aside = useValue(session.aside);
  const updates = useValue(session.updates);
  const banner = decideBanner(app, connection, decideNotice(safety, aside), decideUpdate(updates, aside), catchingUp);
  return (
    <section
      className="banners"
      data-landmark={banner === null || banner.kind === "catching-up" ? undefined : "banners"}
      aria-label={say("landmark.banners")}
      aria-live="polite"
    >
      {banner?.kind === "trouble" && <TroubleLine kind={banner.trouble} connection={connection} />}
      {banner?.kind === "safety" && <SafetyLine notice={banner.notice} />}
      {banner?.kind === "update" && <UpdateLine version={banner.version} />}
      {banner?.kind === "catching-up" && <BannerLine tone="quiet" icon={LoaderCircle} spin title={say("banner.catchingUp")} />}
    </section>
  );
}

function TroubleLine({ kind, connection }: { readonly kind: Trouble; readonly connection: Connection }): ReactNode {
  const say = useSay();
  const session = useSession();
  switch (kind) {
    case "logged-out":
      return (
        <BannerLine
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
        <BannerLine
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
      return <BannerLine tone="warn" icon={RefreshCw} title={say("banner.workerRestarting")} text={say("banner.workerRestartingNext")} />;
    case "offline":
      return <BannerLine tone="plain" icon={CloudOff} title={say("banner.offline")} text={say("banner.offlineNext")} />;
    case "server-unreachable":
    case "rate-limited":
      return (
        <BannerLine
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
  }
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

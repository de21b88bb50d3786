import { Keyboard, Lock, LockKeyhole, LogOut, MonitorSmartphone, Settings as SettingsIcon, ShieldCheck, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Menu, MenuTrigger, Popover, Separator } from "react-aria-components";
import type { Connection } from "../../../protocol/shell.ts";
import type { MessageId } from "../../ui/messages/en.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { MenuEntry } from "../../ui/menu-entry.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { shortcutText } from "../../ui/keys.ts";
import { SHORTCUTS } from "../shell/shortcuts.ts";
import { localpart } from "../state/mention-query.ts";
import { dueNotices } from "../state/notices.ts";
import { useSession } from "../state/session.ts";
import { CollapseButton } from "./sidebar.tsx";

/** Who is signed in, how the connection is, and the way to settings. */
export function AccountHeader(): ReactNode {
  const say = useSay();
  const session = useSession();
  const account = useValue(session.account);
  const app = useValue(session.app);
  const connection = useValue(session.connection);
  const catchingUp = useStore(session.status, (status) => status !== null && status.sync !== "up-to-date");
  const userId = account?.userId ?? ("userId" in app ? app.userId : null) ?? "";
  const name = account?.displayName ?? localpart(userId);
  const attention = useStore(session.safety, (safety) => safety !== null && dueNotices(safety).length > 0);
  const line = connectionLine(connection, catchingUp);
  return (
    <div className="account">
      <MenuTrigger>
        <AriaButton className="account__button">
          <Avatar id={userId} name={name} mxc={account?.avatar ?? null} size={36} shape="person" />
          <span className="account__text">
            <span className="account__name ellipsis">{name}</span>
            <span className={`account__state account__state--${line.tone}`}>
              <span className="account__dot" aria-hidden />
              <span className="ellipsis">{say(line.id)}</span>
            </span>
          </span>
          <span className="visually-hidden">{say("account.menu")}</span>
        </AriaButton>
        <Popover className="popover" placement="bottom start" offset={4}>
          <Menu
            className="menu"
            onAction={(key) => {
              if (key === "settings") session.showDialog({ kind: "settings", section: "account" });
              else if (key === "security" || key === "devices") session.showDialog({ kind: "settings", section: key });
              else if (key === "vault") void session.openVault({ kind: "home" });
              else if (key === "lock") void session.lock();
              else if (key === "shortcuts" || key === "sign-out") session.showDialog({ kind: key });
            }}
          >
            <MenuEntry id="settings" icon={SettingsIcon} text={say("settings.title")} />
            <MenuEntry id="security" icon={ShieldCheck} text={say("settings.security")}>
              {attention && <TriangleAlert className="icon menu__attention" size={15} aria-label={say("account.attention")} />}
            </MenuEntry>
            <MenuEntry id="devices" icon={MonitorSmartphone} text={say("settings.devices")} />
            <MenuEntry id="vault" icon={LockKeyhole} text={say("account.vault")} />
            <MenuEntry id="shortcuts" icon={Keyboard} text={say("shortcuts.title")} />
            <Separator className="menu__separator" />
            {app.phase === "ready" && app.appLock && (
              <MenuEntry id="lock" icon={Lock} text={say("account.lock")}>
                <kbd className="menu__keys">{shortcutText(SHORTCUTS.lock)}</kbd>
              </MenuEntry>
            )}
            <MenuEntry id="sign-out" icon={LogOut} text={say("account.signOut")} danger />
          </Menu>
        </Popover>
      </MenuTrigger>
      <CollapseButton />
    </div>
  );
}

function connectionLine(connection: Connection, catchingUp: boolean): { readonly id: MessageId; readonly tone: "good" | "busy" | "bad" } {
  if (connection.workerRestarting) return { id: "connection.restarting", tone: "busy" };
  switch (connection.state) {
    case "online":
      return catchingUp ? { id: "connection.catchingUp", tone: "busy" } : { id: "connection.online", tone: "good" };
    case "connecting":
    case "rate-limited":
    case "idle":
      return { id: `connection.${connection.state}`, tone: "busy" };
    case "offline":
    case "server-unreachable":
      return { id: `connection.${connection.state}`, tone: "bad" };
  }
}

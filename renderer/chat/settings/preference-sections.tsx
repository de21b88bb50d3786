import type { ReactNode } from "react";
import { Choice, Switch } from "../../ui/choice.tsx";
import { keyCaps, shortcutText } from "../../ui/keys.ts";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SHORTCUTS } from "../shell/shortcuts.ts";
import { useSession } from "../state/session.ts";

export function AppearanceSection(): ReactNode {
  const say = useSay();
  const session = useSession();
  const settings = useValue(session.settings);
  return (
    <div className="settings__stack">
      <Choice
        label={say("appearance.theme")}
        value={settings.theme}
        onChange={(theme) => void session.changeSettings({ theme })}
        options={(["system", "light", "dark", "high-contrast"] as const).map((value) => ({
          value,
          title: say(`appearance.theme.${value}`),
        }))}
      />
      <Switch
        title={say("appearance.collapsed")}
        hint={say("appearance.collapsedHint", { shortcut: shortcutText(SHORTCUTS.sidebar) })}
        selected={settings.sidebarCollapsed}
        onChange={(sidebarCollapsed) => void session.changeSettings({ sidebarCollapsed })}
      />
    </div>
  );
}

export function NotificationsSection(): ReactNode {
  const say = useSay();
  const session = useSession();
  const settings = useValue(session.settings);
  return (
    <div className="settings__stack">
      <Choice
        label={say("notifications.which")}
        value={settings.notifications}
        onChange={(notifications) => void session.changeSettings({ notifications })}
        options={(["all", "mentions", "off"] as const).map((value) => ({
          value,
          title: say(`notifications.${value}`),
          hint: say(`notifications.${value}Hint`),
        }))}
      />
      <Switch
        title={say("notifications.preview")}
        hint={say("notifications.previewHint")}
        selected={settings.notificationPreview}
        disabled={settings.notifications === "off"}
        onChange={(notificationPreview) => void session.changeSettings({ notificationPreview })}
      />
    </div>
  );
}

export function MessagesSection(): ReactNode {
  const say = useSay();
  const session = useSession();
  const settings = useValue(session.settings);
  return (
    <div>
      <Switch
        title={say("messages.enterSends")}
        hint={say("messages.enterSendsHint", { shortcut: keyCaps({ mod: true, key: "Enter" }).join("+") })}
        selected={settings.enterSends}
        onChange={(enterSends) => void session.changeSettings({ enterSends })}
      />
      <Switch
        title={say("messages.typing")}
        hint={say("messages.typingHint")}
        selected={settings.sendTyping}
        onChange={(sendTyping) => void session.changeSettings({ sendTyping })}
      />
      <Switch
        title={say("messages.receipts")}
        hint={say("messages.receiptsHint")}
        selected={settings.sendReadReceipts}
        onChange={(sendReadReceipts) => void session.changeSettings({ sendReadReceipts })}
      />
    </div>
  );
}

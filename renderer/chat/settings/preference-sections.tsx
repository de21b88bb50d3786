import type { ReactNode } from "react";
import type { Settings } from "../../../protocol/shell.ts";
import { Choice, Switch } from "../../ui/choice.tsx";
import { keyCaps, shortcutText } from "../../ui/keys.ts";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SHORTCUTS } from "../shell/shortcuts.ts";
import { useSession } from "../state/session.ts";

const THEMES = ["system", "light", "dark", "high-contrast"] as const;
const LEVELS = ["all", "mentions", "off"] as const;

export function AppearanceSection(): ReactNode {
  const say = useSay();
  const { settings, change } = useSettings();
  return (
    <div className="settings__stack">
      <Choice
        label={say("appearance.theme")}
        value={settings.theme}
        onChange={(theme) => change({ theme })}
        options={THEMES.map((value) => ({ value, title: say(`appearance.theme.${value}`) }))}
      />
      <Switch
        title={say("appearance.collapsed")}
        hint={say("appearance.collapsedHint", { shortcut: shortcutText(SHORTCUTS.sidebar) })}
        selected={settings.sidebarCollapsed}
        onChange={(sidebarCollapsed) => change({ sidebarCollapsed })}
      />
    </div>
  );
}

export function NotificationsSection(): ReactNode {
  const say = useSay();
  const { settings, change } = useSettings();
  const { shell, quiet } = useSession();
  return (
    <div className="settings__stack">
      <Choice
        label={say("notifications.which")}
        value={settings.notifications}
        onChange={(notifications) => change({ notifications })}
        options={LEVELS.map((value) => ({ value, title: say(`notifications.${value}`), hint: say(`notifications.${value}Hint`) }))}
      />
      <div>
        <Switch
          title={say("notifications.preview")}
          hint={say("notifications.previewHint")}
          selected={settings.notificationPreview}
          disabled={settings.notifications === "off"}
          onChange={(notificationPreview) => change({ notificationPreview })}
        />
        <Switch
          title={say("notifications.quiet")}
          hint={say("notifications.quietHint")}
          selected={useValue(quiet)}
          onChange={(wanted) => void shell.call("setQuiet", { quiet: wanted })}
        />
      </div>
      <InBackground />
    </div>
  );
}

/** What goes on without a window: nobody is told of anything by an app that has ended. */
function InBackground(): ReactNode {
  const say = useSay();
  const { settings, change } = useSettings();
  const autostart = useStore(useSession().about, (about) => about?.autostart === true);
  return (
    <section>
      <h4 className="settings__subheading">{say("background.title")}</h4>
      <Switch
        title={say("background.keepRunning")}
        hint={say("background.keepRunningHint")}
        selected={settings.keepRunning}
        onChange={(keepRunning) => change({ keepRunning })}
      />
      <Switch
        title={say("background.autostart")}
        hint={say(autostart ? "background.autostartHint" : "background.autostartImpossible")}
        selected={settings.startWithSystem}
        disabled={!autostart}
        onChange={(startWithSystem) => change({ startWithSystem })}
      />
    </section>
  );
}

export function MessagesSection(): ReactNode {
  const say = useSay();
  const { settings, change } = useSettings();
  return (
    <div>
      <Switch
        title={say("messages.enterSends")}
        hint={say("messages.enterSendsHint", { shortcut: keyCaps({ mod: true, key: "Enter" }).join("+") })}
        selected={settings.enterSends}
        onChange={(enterSends) => change({ enterSends })}
      />
      <Switch
        title={say("messages.typing")}
        hint={say("messages.typingHint")}
        selected={settings.sendTyping}
        onChange={(sendTyping) => change({ sendTyping })}
      />
      <Switch
        title={say("messages.receipts")}
        hint={say("messages.receiptsHint")}
        selected={settings.sendReadReceipts}
        onChange={(sendReadReceipts) => change({ sendReadReceipts })}
      />
    </div>
  );
}

function useSettings(): { readonly settings: Settings; readonly change: (change: Partial<Settings>) => void } {
  const session = useSession();
  return { settings: useValue(session.settings), change: (change) => void session.changeSettings(change) };
}

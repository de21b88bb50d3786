import { Lock, LockKeyholeOpen } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Switch } from "../../ui/choice.tsx";
import { shortcutText } from "../../ui/keys.ts";
import { Select } from "../../ui/select.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { SHORTCUTS } from "../shell/shortcuts.ts";
import { VaultButton } from "../shell/vault-button.tsx";
import { useSession } from "../state/session.ts";
import { SettingRow } from "./setting-row.tsx";

const MINUTES: readonly number[] = [0, 1, 5, 15, 30, 60, 240];

/** The passphrase that guards the store on this computer, and when it is asked for. */
export function AppLock(): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const settings = useValue(session.settings);
  const about = useValue(session.about);
  const keychain = about?.keychain === true;
  if (app.phase !== "ready") return null;
  const on = app.appLock;
  // A value that was set elsewhere stays among the choices.
  const choices = [...new Set([...MINUTES, settings.autoLockMinutes])].toSorted((a, b) => a - b);
  return (
    <section>
      <h4 className="settings__subheading">{say("lock.title")}</h4>
      <SettingRow
        icon={on ? Lock : LockKeyholeOpen}
        title={say("lock.passphrase")}
        state={say(on ? "lock.on" : "lock.off")}
        tone={on ? "good" : "plain"}
        text={say(on ? (keychain ? "lock.onText" : "lock.onlyText") : "lock.offText")}
        action={
          <>
            {on && (
              <Button size="small" onPress={() => void session.lock()}>
                {say("lock.now", { shortcut: shortcutText(SHORTCUTS.lock) })}
              </Button>
            )}
            <VaultButton intent={{ kind: "app-lock" }}>{say(on ? "security.change" : "lock.set")}</VaultButton>
          </>
        }
      />
      <div className="setting__more">
        <Select
          label={say("lock.auto")}
          hint={say("lock.autoHint")}
          disabled={!on}
          value={String(on ? settings.autoLockMinutes : 0)}
          options={choices.map((minutes) => ({ value: String(minutes), title: minutesText(say, minutes) }))}
          onChange={(minutes) => void session.changeSettings({ autoLockMinutes: Number(minutes) })}
        />
        <Switch
          title={say("lock.suspend")}
          selected={on && settings.lockOnSuspend}
          disabled={!on}
          onChange={(lockOnSuspend) => void session.changeSettings({ lockOnSuspend })}
        />
        {(about?.platform === "win32" || about?.platform === "darwin") && (
          <Switch
            title={say("lock.capture")}
            hint={say("lock.captureHint")}
            selected={settings.hideFromCapture}
            onChange={(hideFromCapture) => void session.changeSettings({ hideFromCapture })}
          />
        )}
      </div>
    </section>
  );
}

function minutesText(say: Say, minutes: number): string {
  if (minutes === 0) return say("lock.never");
  return minutes % 60 === 0 ? say("lock.hours", { count: minutes / 60 }) : say("lock.minutes", { count: minutes });
}

import { RefreshCw } from "lucide-react";
import type { ReactNode } from "react";
import { Label, ProgressBar } from "react-aria-components";
import { useIntl } from "react-intl";
import type { UpdateState } from "../../../protocol/messages/update-state.ts";
import { Button } from "../../ui/button.tsx";
import { Switch } from "../../ui/choice.tsx";
import { errorSentence } from "../../ui/error-sentence.ts";
import { useValue } from "../../ui/store.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { useClock, type Clock } from "../../ui/time.ts";
import { formatBytes } from "../attachments/format-bytes.ts";
import { useSession, type Session } from "../state/session.ts";
import { SettingRow, type RowTone } from "./setting-row.tsx";

/** How it stands with newer versions, and what can be done about it. */
export function Updates(): ReactNode {
  const say = useSay();
  const clock = useClock();
  const session = useSession();
  const updates = useValue(session.updates);
  const { dailyUpdateCheck } = useValue(session.settings);
  const action = actionFor(say, session, updates);
  return (
    <section>
      <div aria-live="polite">
        <SettingRow
          icon={RefreshCw}
          title={say("updates.title")}
          {...stateOf(say, updates)}
          tone={toneOf(updates)}
          text={updates.phase === "downloading" ? <Progress {...updates} /> : textOf(say, clock, updates)}
          {...(action === null ? {} : { action })}
        />
      </div>
      {updates.phase !== "off" && updates.phase !== "managed" && (
        <div className="setting__more">
          <Switch
            title={say("updates.daily")}
            hint={say("updates.dailyHint")}
            selected={dailyUpdateCheck}
            onChange={(wanted) => void session.changeSettings({ dailyUpdateCheck: wanted })}
          />
        </div>
      )}
    </section>
  );
}

function stateOf(say: Say, updates: UpdateState): { readonly state?: string } {
  switch (updates.phase) {
    case "off":
    case "managed":
    case "checking":
    case "failed":
      return { state: say(`updates.${updates.phase}`) };
    case "idle":
      return updates.checkedAt === null ? {} : { state: say("updates.current") };
    case "downloading":
    case "available":
    case "ready":
    case "installing":
      return { state: say(`updates.${updates.phase}`, { version: updates.version }) };
  }
}

function toneOf({ phase }: UpdateState): RowTone {
  return phase === "failed" ? "warn" : phase === "ready" ? "good" : "plain";
}

function textOf(say: Say, clock: Clock, updates: Exclude<UpdateState, { phase: "downloading" }>): string {
  switch (updates.phase) {
    case "managed":
      return say(updates.by === "flatpak" ? "updates.flatpakText" : "updates.packagesText");
    case "checking":
      return say("updates.idleText");
    case "idle":
      return updates.checkedAt === null ? say("updates.idleText") : say("updates.currentText", { when: clock.full(updates.checkedAt) });
    case "off":
    case "available":
    case "ready":
    case "installing":
      return say(`updates.${updates.phase}Text`);
    case "failed": {
      const { what, kept, next } = errorSentence(updates.code);
      return `${say(what)}. ${say(kept)} ${say(next)}`;
    }
  }
}

function actionFor(say: Say, { shell }: Session, { phase }: UpdateState): ReactNode {
  switch (phase) {
    case "idle":
    case "available":
      return <Button onPress={() => void shell.call("checkForUpdates", {})}>{say("updates.check")}</Button>;
    case "failed":
      return <Button onPress={() => void shell.call("checkForUpdates", {})}>{say("updates.checkAgain")}</Button>;
    case "downloading":
      return <Button onPress={() => void shell.call("cancelUpdate", {})}>{say("updates.cancel")}</Button>;
    case "ready":
      return (
        <Button look="primary" onPress={() => void shell.call("installUpdate", {})}>
          {say("updates.install")}
        </Button>
      );
    case "off":
    case "managed":
    case "checking":
    case "installing":
      return null;
  }
}

function Progress({ received, size }: { readonly received: number; readonly size: number }): ReactNode {
  const say = useSay();
  const { formatNumber } = useIntl();
  const progress = say("media.progress", { done: formatBytes(formatNumber, received), total: formatBytes(formatNumber, size) });
  return (
    <ProgressBar
      className="progress"
      minValue={0}
      maxValue={size}
      value={received}
      valueLabel={progress}
      aria-label={say("updates.progress")}
    >
      {({ percentage }) => (
        <>
          {/* A live region that counts would be read out a hundred times. */}
          <Label className="tabular" aria-live="off">
            {progress}
          </Label>
          <span className="progress__track" aria-hidden>
            <span className="progress__bar" style={{ width: `${percentage ?? 0}%` }} />
          </span>
        </>
      )}
    </ProgressBar>
  );
}

import { CloudUpload } from "lucide-react";
import type { ReactNode } from "react";
import { Label, ProgressBar } from "react-aria-components";
import { useIntl } from "react-intl";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { SettingRow, type RowTone } from "./setting-row.tsx";

type Backup = Safety["backup"];
const TONES: Readonly<Record<Backup["state"], RowTone>> = { unknown: "plain", none: "plain", untrusted: "warn", enabled: "good" };

/** Where room keys are kept besides this device, and how far that has got. */
export function BackupRow({ backup }: { readonly backup: Backup }): ReactNode {
  const say = useSay();
  const { state, total, backedUp } = backup;
  return (
    <SettingRow
      icon={CloudUpload}
      title={say("security.backup")}
      state={say(`security.backup.${state}`)}
      tone={TONES[state]}
      text={
        state === "enabled" ? (
          <Progress total={total} backedUp={backedUp} uploading={backup.uploading} />
        ) : (
          say(`security.backup.${state}Text`)
        )
      }
      {...(state === "untrusted"
        ? { action: <VaultButton intent={{ kind: "recovery" }}>{say("security.recovery.enter")}</VaultButton> }
        : {})}
    />
  );
}

function Progress({ total, backedUp, uploading }: Pick<Backup, "total" | "backedUp" | "uploading">): ReactNode {
  const say = useSay();
  const intl = useIntl();
  if (backedUp >= total) return say("security.backup.all", { count: total });
  const numbers = { done: intl.formatNumber(backedUp), all: intl.formatNumber(total) };
  return (
    <ProgressBar className="progress" minValue={0} maxValue={total} value={backedUp} valueLabel={`${numbers.done} / ${numbers.all}`}>
      {({ percentage }) => (
        <>
          <Label className="tabular">{say(uploading ? "security.backup.uploading" : "security.backup.partly", numbers)}</Label>
          <span className="progress__track" aria-hidden>
            <span className="progress__bar" style={{ width: `${percentage ?? 0}%` }} />
          </span>
        </>
      )}
    </ProgressBar>
  );
}

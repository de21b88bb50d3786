import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Label, ProgressBar } from "react-aria-components";
import { useIntl } from "react-intl";
import type { Job } from "../../../protocol/vault.ts";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";
import "./job-progress.css";

type JobProps = {
  readonly job: Job;
  /** False where a button beside it says so in a word. */
  readonly stoppable?: boolean;
};

/** One long work: its name, a bar, the counts, and a button that stops it. */
export function JobProgress({ job: { job, done, total }, stoppable = true }: JobProps): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const vault = useVault();
  const number = (value: number): string => intl.formatNumber(value);
  const counts =
    total !== null
      ? say("vault.job.progress", { done: number(done), total: number(total) })
      : done > 0
        ? say("vault.job.soFar", { done: number(done) })
        : say("vault.job.counting");
  const part = total === null || total === 0 ? 0 : Math.min(1, done / total);
  return (
    <div className="job">
      <ProgressBar className="job__bar" value={part * 100} isIndeterminate={total === null} valueLabel={counts}>
        <Label className="job__name">{say(`vault.job.${job}`)}</Label>
        <span className="job__counts tabular">{counts}</span>
        <svg className="job__track" aria-hidden>
          <rect className="job__fill" width={total === null ? "30%" : `${part * 100}%`} height="100%" />
        </svg>
      </ProgressBar>
      {stoppable && (
        <IconButton
          icon={X}
          size="small"
          label={say("vault.job.stop", { what: say(`vault.job.${job}`) })}
          onPress={() => void vault.link.call("cancelJob", { job })}
        />
      )}
    </div>
  );
}

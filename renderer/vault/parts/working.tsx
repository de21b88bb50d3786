import type { ReactNode } from "react";
import { LoaderCircle } from "lucide-react";
import { useValue } from "../../ui/store.ts";
import type { Job } from "../../../protocol/vault.ts";
import { useVault } from "../state/vault.ts";
import { JobProgress } from "./job-progress.tsx";
import { Step } from "./step.tsx";

type WorkingProps = {
  readonly title: string;
  readonly text?: string;
  /** The job whose progress is shown, once there is one. */
  readonly job?: Job["job"];
  readonly back?: null;
  readonly actions?: ReactNode;
};

/** Long work: what it is, how far it is, and how to stop it. */
export function Working({ title, text, job, back, actions }: WorkingProps): ReactNode {
  const vault = useVault();
  const jobs = useValue(vault.jobs);
  const running = job === undefined ? undefined : jobs.find((each) => each.job === job);
  return (
    <Step
      title={title}
      {...(text === undefined ? {} : { lead: text })}
      {...(back === undefined ? {} : { back })}
      {...(actions === undefined ? {} : { actions })}
    >
      {running === undefined ? (
        <span className="working" role="status" aria-label={title}>
          <LoaderCircle className="icon spinner" size={28} aria-hidden />
        </span>
      ) : (
        <JobProgress job={running} stoppable={actions === undefined} />
      )}
    </Step>
  );
}

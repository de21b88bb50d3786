import {
  Download,
  LifeBuoy,
  LockKeyhole,
  RotateCcwKey,
  ShieldAlert,
  ShieldCheck,
  ShieldQuestionMark,
  Upload,
  type LucideIcon,
} from "lucide-react";
import type { ReactNode } from "react";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { CloseVault } from "../parts/close-vault.tsx";
import { JobProgress } from "../parts/job-progress.tsx";
import { Step, type Tone } from "../parts/step.tsx";
import { useVault, type Screen } from "../state/vault.ts";
import { decideSuggestion, isAllWell, type Suggestion } from "./suggestion.ts";
import { TrustFacts } from "./trust-facts.tsx";
import { Underway } from "./underway.tsx";
import "./home.css";

/** Where each is done; the list of devices is in the other window. */
const SCREENS: Readonly<Record<Suggestion, Screen | null>> = {
  "set-up-identity": { kind: "set-up-identity" },
  "verify-this-device": { kind: "verify-this-device" },
  "unverified-devices": null,
  "complete-recovery": { kind: "recovery" },
  "set-up-recovery": { kind: "recovery" },
  "untrusted-backup": { kind: "recovery" },
};

/** Where one lands: how things stand, what is best done next, what is under way, and all that can be done here. */
export function Home(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const error = useValue(vault.safetyError);
  const jobs = useValue(vault.jobs);
  const { icon, tone } = look(safety);
  return (
    <Step title={say("vault.home.title")} icon={icon} tone={tone} back={null} aside={<CloseVault />}>
      <Underway />
      {safety === null ? (
        error === null ? (
          <Delayed>
            <p role="status">{say("vault.home.loading")}</p>
          </Delayed>
        ) : (
          <ErrorNote code={error} actions={<Button onPress={() => vault.askSafety()}>{say("vault.tryAgain")}</Button>} />
        )
      ) : (
        <>
          <Next safety={safety} />
          <TrustFacts safety={safety} />
        </>
      )}
      {jobs.length > 0 && (
        <section className="home__jobs" aria-label={say("vault.jobs")}>
          {jobs.map((job) => (
            <JobProgress key={job.job} job={job} />
          ))}
        </section>
      )}
      <Entries safety={safety} />
    </Step>
  );
}

function look(safety: Safety | null): { readonly icon: LucideIcon; readonly tone: Tone } {
  if (safety === null) return { icon: ShieldQuestionMark, tone: "plain" };
  if (decideSuggestion(safety) !== null) return { icon: ShieldAlert, tone: "warn" };
  return isAllWell(safety) ? { icon: ShieldCheck, tone: "good" } : { icon: ShieldQuestionMark, tone: "plain" };
}

function Next({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const suggestion = decideSuggestion(safety);
  if (suggestion === null)
    return isAllWell(safety) ? (
      <p className="home__well">
        <strong>{say("vault.home.allWell")}.</strong> {say("vault.home.allWellText")}
      </p>
    ) : null;
  const screen = SCREENS[suggestion];
  return (
    <section className="home__next" aria-label={say("vault.home.oneThing")}>
      <h2>{say(`vault.next.${suggestion}`)}</h2>
      <p>{say(`vault.next.${suggestion}.text`)}</p>
      {screen === null ? (
        <Button look="primary" size="wide" onPress={() => vault.close()}>
          {say("vault.next.elsewhere")}
        </Button>
      ) : (
        <Button look="primary" size="wide" onPress={() => vault.go(screen)}>
          {say("vault.next.go")}
        </Button>
      )}
    </section>
  );
}

function Entries({ safety }: { readonly safety: Safety | null }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const open = (screen: Screen) => () => vault.go(screen);
  const unverified = safety !== null && safety.identity === "present" && !safety.thisDeviceVerified;
  return (
    <>
      <Choices label={say("vault.entries")}>
        {unverified && (
          <Way
            icon={ShieldCheck}
            title={say("vault.entry.verify")}
            text={say("vault.entry.verifyText")}
            onPress={open({ kind: "verify-this-device" })}
          />
        )}
        <Way
          icon={LifeBuoy}
          title={say("vault.entry.recovery")}
          text={say("vault.entry.recoveryText")}
          onPress={open({ kind: "recovery" })}
        />
        <Way icon={Upload} title={say("vault.entry.export")} text={say("vault.entry.exportText")} onPress={open({ kind: "export-keys" })} />
        <Way
          icon={Download}
          title={say("vault.entry.import")}
          text={say("vault.entry.importText")}
          onPress={open({ kind: "import-keys" })}
        />
        <Way
          icon={LockKeyhole}
          title={say("vault.entry.appLock")}
          text={say("vault.entry.appLockText")}
          onPress={open({ kind: "app-lock" })}
        />
      </Choices>
      {safety?.identity === "present" && (
        <section className="home__danger">
          <h2>{say("vault.danger")}</h2>
          <Choices label={say("vault.danger")}>
            <Way
              icon={RotateCcwKey}
              look="danger"
              title={say("vault.entry.reset")}
              text={say("vault.entry.resetText")}
              onPress={open({ kind: "reset-identity" })}
            />
          </Choices>
        </section>
      )}
      <p className="home__seal">{say("vault.sealExplain")}</p>
    </>
  );
}

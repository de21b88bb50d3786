import { BadgeCheck } from "lucide-react";
import { useState, type ReactNode } from "react";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { AuthStep, useInteractive } from "../parts/interactive.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useVault } from "../state/vault.ts";
import { StartError } from "../verification/start.tsx";

/** Makes the account's identity. */
export function SetUpIdentity(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const [done, setDone] = useState(false);
  const act = useInteractive(
    (auth) => vault.link.call("setUpIdentity", { auth }),
    () => setDone(true),
  );
  const recovery = { label: say("vault.next.set-up-recovery"), go: () => vault.go({ kind: "recovery" }) };
  if (done)
    return (
      <Outcome
        icon={BadgeCheck}
        title={say("identity.setUp.done")}
        text={say("identity.setUp.doneText")}
        {...(safety?.recovery.state === "enabled" ? {} : { action: recovery })}
      />
    );
  if (act.needed !== null) return <AuthStep act={act} needed={act.needed} />;
  if (act.busy) return <Working key="working" title={say("identity.setUp.working")} back={null} />;
  if (safety?.identity === "present" && act.error === null)
    return (
      <Outcome
        icon={BadgeCheck}
        tone={safety.thisDeviceVerified ? "good" : "plain"}
        title={say("identity.setUp.already")}
        text={say(safety.thisDeviceVerified ? "verifyThis.alreadyText" : "verifyThis.text")}
        {...(safety.thisDeviceVerified
          ? {}
          : { action: { label: say("verifyThis.title"), go: () => vault.go({ kind: "verify-this-device" }) } })}
      />
    );
  return (
    <Step
      key="about"
      title={say("identity.setUp.title")}
      lead={say("identity.setUp.text")}
      icon={BadgeCheck}
      actions={
        <ArmedButton look="primary" onPress={act.begin}>
          {say("identity.setUp.submit")}
        </ArmedButton>
      }
    >
      <p>{say("identity.setUp.here")}</p>
      {act.error === "identity-exists" ? <StartError code={act.error} /> : act.error !== null && <ErrorNote code={act.error} />}
    </Step>
  );
}

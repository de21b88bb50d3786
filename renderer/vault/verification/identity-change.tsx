import { ShieldAlert, ShieldCheck, ShieldX } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Delayed } from "../../ui/delayed.tsx";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { Person } from "../parts/person.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useDescribed } from "../state/use-described.ts";
import { useVault } from "../state/vault.ts";

/** A person who was verified shows another identity: what that means, and the two ways to go on. */
export function IdentityChange({ userId }: { readonly userId: string }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const described = useDescribed(userId);
  const { busy, error, run } = useAct();
  const [step, setStep] = useState<"told" | "withdrawing" | "withdrawn">("told");
  if (described === null)
    return (
      <Delayed>
        <p role="status">{say("vault.loading")}</p>
      </Delayed>
    );
  const name = described.displayName ?? userId;
  const violated = described.previouslyVerified && !described.verified;
  const withdraw = async (): Promise<void> => {
    if ((await run(() => vault.link.call("withdrawVerification", { userId }))) !== undefined) setStep("withdrawn");
  };
  if (step === "withdrawn")
    return <Outcome tone="plain" icon={ShieldX} title={say("change.withdrawn")} text={say("change.withdrawnText", { name })} />;
  if (!violated && !described.pinViolation)
    return <Outcome icon={ShieldCheck} title={say("change.fine", { name })} text={say("change.fineText")} />;
  if (step === "withdrawing")
    return (
      <Step
        key="withdraw"
        title={say("change.withdrawTitle", { name })}
        lead={say("change.withdrawConfirm")}
        icon={ShieldX}
        tone="danger"
        back={null}
        actions={
          <>
            <Button onPress={() => setStep("told")}>{say("common.cancel")}</Button>
            <ArmedButton look="danger" isDisabled={busy} onPress={() => void withdraw()}>
              {say("change.withdrawSubmit")}
            </ArmedButton>
          </>
        }
      >
        <Person userId={userId} name={name} />
        {error !== null && <ErrorNote code={error} />}
      </Step>
    );
  return (
    <Step
      key="told"
      title={say("change.title", { name })}
      lead={say(violated ? "change.text" : "change.textPin", { name })}
      icon={ShieldAlert}
      tone="danger"
    >
      <Person userId={userId} name={name} />
      {violated && <Note tone="warn">{say("change.kept", { name })}</Note>}
      <Choices label={say("change.title", { name })}>
        <Way
          icon={ShieldCheck}
          look="primary"
          title={violated ? say("change.verify") : say("change.verifyPin", { name })}
          text={violated ? say("change.verifyText", { name }) : say("change.verifyPinText")}
          onPress={() => vault.go({ kind: "verify-user", userId })}
        />
        {violated && (
          <Way icon={ShieldX} title={say("change.withdraw")} text={say("change.withdrawText")} onPress={() => setStep("withdrawing")} />
        )}
      </Choices>
    </Step>
  );
}

import { ShieldQuestionMark } from "lucide-react";
import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import type { VerificationTarget } from "../../../protocol/vault.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Person } from "../parts/person.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useAct } from "../state/use-act.ts";
import { useDescribed } from "../state/use-described.ts";
import { useVault } from "../state/vault.ts";
import { isLive, nameOf } from "./names.ts";

/** Before a person is asked: who it is, what will happen, what it is good for. */
export function StartWithUser({ userId }: { readonly userId: string }): ReactNode {
  const say = useSay();
  const described = useDescribed(userId);
  const start = useStart({ kind: "user", userId });
  const name = described?.displayName ?? userId;
  return (
    <Step
      title={say("verify.startUser.title", { name })}
      lead={say("verify.startUser.text", { name })}
      icon={ShieldQuestionMark}
      actions={
        <ArmedButton look="primary" isDisabled={start.busy} onPress={start.go}>
          {start.busy
            ? say("verify.asking")
            : described?.verified === true
              ? say("verify.startUser.again")
              : say("verify.startUser.ask", { name })}
        </ArmedButton>
      }
    >
      <Person userId={userId} name={name} />
      {described?.verified === true && <Note>{say("verify.startUser.already", { name })}</Note>}
      {described !== null && !described.verified && described.previouslyVerified && (
        <Note tone="warn">{say("verify.startUser.withdrawn", { name })}</Note>
      )}
      <p>{say("verify.startUser.then", { name })}</p>
      <GoOn running={useRunning((view) => !view.own && view.userId === userId)} />
      <StartError code={start.error} />
    </Step>
  );
}

/** Before a certain device is asked: one of ours, or one of another person's. */
export function StartWithDevice({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }): ReactNode {
  const say = useSay();
  const described = useDescribed(userId, deviceId);
  const start = useStart({ kind: "device", userId, deviceId });
  const name = described?.deviceName ?? say("verify.startDevice.unnamed", { id: deviceId });
  const others = described !== null && !described.own;
  return (
    <Step
      title={say("verify.startDevice.title", { name })}
      lead={say(others ? "verify.startDevice.textOthers" : "verify.startDevice.text")}
      icon={ShieldQuestionMark}
      actions={
        <ArmedButton look="primary" isDisabled={start.busy} onPress={start.go}>
          {say(start.busy ? "verify.asking" : "verify.startDevice.ask")}
        </ArmedButton>
      }
    >
      {others && <Note>{say("verify.startDevice.others", { name: described.displayName ?? userId })}</Note>}
      <Person device userId={userId} name={name} detail={others ? `${userId} · ${deviceId}` : deviceId} />
      {!others && <p>{say("verify.startDevice.then", { name })}</p>}
      <GoOn running={useRunning((view) => view.userId === userId && view.deviceId === deviceId)} />
      <StartError code={start.error} />
    </Step>
  );
}

/** Asks for a verification, and shows it. */
export function useStart(target: VerificationTarget): {
  readonly busy: boolean;
  readonly error: ErrorCode | null;
  readonly go: () => void;
} {
  const vault = useVault();
  const { busy, error, run } = useAct();
  const ask = async (): Promise<void> => {
    const started = await run(() => vault.link.call("requestVerification", { target }));
    if (started !== undefined) vault.go({ kind: "verification", flowId: started.flowId });
  };
  return { busy, error, go: () => void ask() };
}

function useRunning(fits: (view: VerificationView) => boolean): VerificationView | undefined {
  const vault = useVault();
  return useValue(vault.verifications)?.find((view) => isLive(view) && fits(view));
}

function GoOn({ running }: { readonly running: VerificationView | undefined }): ReactNode {
  const say = useSay();
  const vault = useVault();
  if (running === undefined) return null;
  return (
    <Note
      actions={
        <Button size="small" onPress={() => vault.go({ kind: "verification", flowId: running.flowId })}>
          {say("verify.underwayGo")}
        </Button>
      }
    >
      {say(running.own ? "verify.underwayOwn" : "verify.underway", { name: nameOf(running) })}
    </Note>
  );
}

/** Why it could not be asked, with the way out where there is one. */
export function StartError({ code }: { readonly code: ErrorCode | null }): ReactNode {
  const say = useSay();
  const vault = useVault();
  if (code === null) return null;
  if (code === "identity-missing")
    return (
      <ErrorNote
        code={code}
        actions={
          <Button size="small" onPress={() => vault.go({ kind: "set-up-identity" })}>
            {say("identity.setUp.title")}
          </Button>
        }
      />
    );
  if (code === "identity-exists")
    return (
      <ErrorNote
        code={code}
        actions={
          <Button size="small" onPress={() => vault.go({ kind: "verify-this-device" })}>
            {say("verify.needsThisDevice")}
          </Button>
        }
      />
    );
  return <ErrorNote code={code} />;
}

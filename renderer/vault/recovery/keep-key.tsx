import { Check, Copy, FileDown, ListChecks, TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { useValue } from "../../ui/store.ts";
import { TextField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { saveFile } from "../parts/save-file.ts";
import { ArmedButton, Step } from "../parts/step.tsx";
import { useCloseGuard, useHold } from "../state/use-hold.ts";
import { ownUserId, useVault } from "../state/vault.ts";
import { groupsOf, twoPlaces } from "./recovery-key.ts";
import "./recovery.css";

type KeepProps = { readonly recoveryKey: string; readonly done: { readonly title: string; readonly text: string } };

/** The recovery key, this once, and then a check that it was kept. Leaving before that takes a second word. */
export function KeepKey({ recoveryKey, done }: KeepProps): ReactNode {
  const vault = useVault();
  const [step, setStep] = useState<"shown" | "check" | "kept">("shown");
  const [leaving, setLeaving] = useState(false);
  const groups = groupsOf(recoveryKey);
  useHold(step !== "kept");
  useCloseGuard(
    step !== "kept",
    useCallback(() => setLeaving(true), []),
  );
  useEffect(() => {
    if (step === "kept") return undefined;
    return vault.guard(() => setLeaving((before) => !before));
  }, [vault, step]);
  if (step === "kept") return <Outcome {...done} />;
  if (leaving) return <Leave onStay={() => setLeaving(false)} />;
  const leave = (): void => setLeaving(true);
  return step === "shown" ? (
    <Shown recoveryKey={recoveryKey} groups={groups} onLeave={leave} onKept={() => setStep("check")} />
  ) : (
    <CheckKept groups={groups} onLeave={leave} onShow={() => setStep("shown")} onRight={() => setStep("kept")} />
  );
}

type ShownProps = {
  readonly recoveryKey: string;
  readonly groups: readonly string[];
  readonly onLeave: () => void;
  readonly onKept: () => void;
};

function Shown({ recoveryKey, groups, onLeave, onKept }: ShownProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const userId = ownUserId(useValue(vault.app)) ?? "";
  const [copied, setCopied] = useState<boolean | null>(null);
  const [saved, setSaved] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(recoveryKey).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  const save = (): void => {
    saveFile(say("recovery.key.file"), [say("recovery.key.fileText", { userId, key: recoveryKey })]);
    setSaved(true);
  };
  return (
    <Step
      key="shown"
      title={say("recovery.key.title")}
      lead={say("recovery.key.text")}
      back={{ label: say("vault.back"), go: onLeave }}
      actions={
        <Button look="primary" onPress={onKept}>
          {say("recovery.key.kept")}
        </Button>
      }
    >
      <ol className="key-groups mono" aria-label={say("recovery.key.label")}>
        {groups.map((group, place) => (
          <li key={place}>{group}</li>
        ))}
      </ol>
      <div className="key-ways">
        <Button icon={copied === true ? Check : Copy} onPress={copy}>
          {say(copied === true ? "recovery.key.copied" : "recovery.key.copy")}
        </Button>
        <Button icon={FileDown} onPress={save}>
          {say("recovery.key.save")}
        </Button>
      </div>
      <p className="key-note" role="status">
        {copied === true && <span>{say("recovery.key.copyNote")}</span>}
        {copied === false && <span>{say("recovery.key.copyFailed")}</span>}
        {saved && <span>{say("recovery.key.saved")}</span>}
      </p>
    </Step>
  );
}

type CheckProps = {
  readonly groups: readonly string[];
  readonly onLeave: () => void;
  readonly onShow: () => void;
  readonly onRight: () => void;
};

/** Two groups, chosen at random, typed from what was kept. */
function CheckKept({ groups, onLeave, onShow, onRight }: CheckProps): ReactNode {
  const say = useSay();
  const [places] = useState(() => twoPlaces(groups.length, crypto.getRandomValues(new Uint32Array(1))[0] ?? 0));
  const [typed, setTyped] = useState<readonly [string, string]>(["", ""]);
  const [tried, setTried] = useState(false);
  const right = places.map((place, at) => typed[at]?.trim() === groups[place]);
  const submit = (): void => {
    setTried(true);
    if (right.every((each) => each)) onRight();
  };
  const set = (at: number) => (value: string) => {
    setTried(false);
    setTyped(([first, second]) => (at === 0 ? [value, second] : [first, value]));
  };
  return (
    <Step
      key="check"
      title={say("recovery.check.title")}
      lead={say("recovery.check.text")}
      icon={ListChecks}
      focus="field"
      back={{ label: say("vault.back"), go: onLeave }}
      onSubmit={submit}
      actions={
        <>
          <Button onPress={onShow}>{say("recovery.check.show")}</Button>
          <ArmedButton look="primary" type="submit" isDisabled={typed.some((text) => text.trim() === "")}>
            {say("recovery.check.submit")}
          </ArmedButton>
        </>
      }
    >
      {places.map((place, at) => (
        <TextField
          key={place}
          label={say("recovery.check.group", { place: place + 1 })}
          value={typed[at] ?? ""}
          onChange={set(at)}
          maxLength={16}
          autoComplete="off"
          autoCorrect="off"
          spellCheck="false"
          autoFocus={at === 0}
          error={tried && right[at] !== true ? say("recovery.check.wrong", { place: place + 1 }) : null}
        />
      ))}
    </Step>
  );
}

function Leave({ onStay }: { readonly onStay: () => void }): ReactNode {
  const say = useSay();
  const vault = useVault();
  return (
    <Step
      key="leave"
      title={say("recovery.leave.title")}
      lead={say("recovery.leave.text")}
      icon={TriangleAlert}
      tone="warn"
      back={null}
      actions={
        <>
          <Button look="danger-quiet" onPress={() => vault.home()}>
            {say("recovery.leave.go")}
          </Button>
          <Button look="primary" onPress={onStay}>
            {say("recovery.leave.stay")}
          </Button>
        </>
      }
    />
  );
}

import { CircleOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { isTyped, TypedWord } from "../parts/typed-word.tsx";
import { useAct } from "../state/use-act.ts";
import { useStay } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";
import "./recovery.css";

type TurnOffProps = { readonly keys: number; readonly onBack: () => void };

/** Removes recovery and the backup from the server, after saying what is lost and having a word typed. */
export function TurnOff({ keys: now, onBack }: TurnOffProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const [keys] = useState(now);
  const [typed, setTyped] = useState("");
  const [off, setOff] = useState(false);
  const { busy, error, run } = useAct();
  useStay(busy);
  const word = say("recovery.turnOff.word");
  const ready = isTyped(typed, word) && !busy;
  const submit = async (): Promise<void> => {
    if (ready && (await run(() => vault.link.call("disableRecovery", {}))) !== undefined) setOff(true);
  };
  if (off) return <Outcome tone="plain" icon={CircleOff} title={say("recovery.turnedOff.title")} text={say("recovery.turnedOff.text")} />;
  return (
    <Step
      key="sure"
      title={say("recovery.turnOff.title")}
      lead={say("recovery.turnOff.text")}
      icon={CircleOff}
      tone="danger"
      back={null}
      onSubmit={() => void submit()}
      actions={
        <>
          <Button onPress={onBack}>{say("recovery.turnOff.keep")}</Button>
          <ArmedButton look="danger" type="submit" isDisabled={!ready}>
            {say(busy ? "recovery.turnOff.working" : "recovery.turnOff.submit")}
          </ArmedButton>
        </>
      }
    >
      <ul className="losses">
        <li>{say("recovery.turnOff.backup", { count: keys })}</li>
        <li>{say("recovery.turnOff.identity")}</li>
      </ul>
      <p>{say("recovery.turnOff.then")}</p>
      <TypedWord word={word} value={typed} onChange={setTyped} />
      {error !== null && <ErrorNote code={error} />}
    </Step>
  );
}

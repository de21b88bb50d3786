import { BadgeCheck, RotateCcwKey, Upload } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { AuthStep, useInteractive } from "../parts/interactive.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { isTyped, TypedWord } from "../parts/typed-word.tsx";
import { Working } from "../parts/working.tsx";
import { useVault } from "../state/vault.ts";
import "../recovery/recovery.css";

/** Gives the account a new identity, after saying what is lost, offering an export, and having a word typed. */
export function ResetIdentity(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const [typed, setTyped] = useState("");
  const [done, setDone] = useState(false);
  const act = useInteractive(
    (auth) => vault.link.call("resetIdentity", { auth }),
    () => setDone(true),
  );
  const word = say("identity.reset.word");
  const ready = isTyped(typed, word);
  if (done)
    return (
      <Outcome
        icon={BadgeCheck}
        title={say("identity.reset.done")}
        text={say("identity.reset.doneText")}
        action={{ label: say("vault.next.set-up-recovery"), go: () => vault.go({ kind: "recovery" }) }}
      />
    );
  if (act.needed !== null) return <AuthStep act={act} needed={act.needed} />;
  if (act.busy) return <Working key="working" title={say("identity.reset.working")} back={null} />;
  const otherWay =
    safety !== null &&
    !safety.thisDeviceVerified &&
    (safety.otherVerifiedDevices > 0 || safety.recovery.state === "enabled" || safety.recovery.state === "incomplete");
  return (
    <Step
      key="sure"
      title={say("identity.reset.title")}
      lead={say("identity.reset.text")}
      icon={RotateCcwKey}
      tone="danger"
      back={null}
      onSubmit={() => ready && act.begin()}
      actions={
        <>
          <Button onPress={() => vault.home()}>{say("common.cancel")}</Button>
          <ArmedButton look="danger" type="submit" isDisabled={!ready}>
            {say("identity.reset.submit")}
          </ArmedButton>
        </>
      }
    >
      {otherWay && (
        <Note
          actions={
            <Button size="small" onPress={() => vault.go({ kind: "verify-this-device" })}>
              {say("identity.reset.verify")}
            </Button>
          }
        >
          {say("identity.reset.otherWay")}
        </Note>
      )}
      <section className="missing" aria-label={say("identity.reset.lost")}>
        <h2>{say("identity.reset.lost")}</h2>
        <ul>
          <li>{say("identity.reset.lostPeople")}</li>
          <li>{say("identity.reset.lostVerified")}</li>
          <li>{say("identity.reset.lostDevices")}</li>
          <li>{say("identity.reset.lostBackup")}</li>
        </ul>
      </section>
      <p className="muted">{say("identity.reset.kept")}</p>
      <Choices label={say("identity.reset.exportFirst")}>
        <Way
          icon={Upload}
          title={say("identity.reset.exportFirst")}
          text={say("vault.entry.exportText")}
          onPress={() => vault.go({ kind: "export-keys" })}
        />
      </Choices>
      <TypedWord word={word} value={typed} onChange={setTyped} />
      {act.error !== null && <ErrorNote code={act.error} />}
    </Step>
  );
}

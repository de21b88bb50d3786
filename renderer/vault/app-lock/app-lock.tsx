import { KeyRound, LockKeyhole, LockKeyholeOpen } from "lucide-react";
import { useEffect, type ReactNode } from "react";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Choices, Way } from "../parts/choices.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useVault } from "../state/vault.ts";

/** The passphrase that locks the store: sets, changes and removes it. */
export function AppLock(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const app = useValue(vault.app);
  const about = useValue(vault.about);
  const change = useValue(vault.lockChange);
  useEffect(() => () => vault.sawLockChange(), [vault]);
  if (change?.state === "asked") return <Working title={say("appLock.saving")} back={null} />;
  if (change?.state === "done")
    return (
      <Outcome
        title={say(`appLock.changed.${change.how}`)}
        text={say(`appLock.changed.${change.how}Text`)}
        icon={change.how === "removed" ? LockKeyholeOpen : LockKeyhole}
      />
    );
  if (app.phase !== "ready") return <Step title={say("appLock.title")} lead={say("appLock.notOpen")} />;
  const error = change?.state === "failed" ? change.code : null;
  const removable = about?.keychain === true;
  return (
    <Step
      title={say("appLock.title")}
      lead={say(app.appLock ? "appLock.on" : "appLock.off")}
      icon={app.appLock ? LockKeyhole : LockKeyholeOpen}
      tone={app.appLock ? "good" : "plain"}
    >
      {error !== null && <ErrorNote code={error} />}
      <Choices label={say("appLock.title")}>
        {app.appLock ? (
          <>
            <Way
              icon={KeyRound}
              title={say("appLock.change")}
              text={say("appLock.changeText")}
              onPress={() => vault.changeAppLock("changed")}
            />
            {removable && (
              <Way
                icon={LockKeyholeOpen}
                title={say("appLock.remove")}
                text={say("appLock.removeText")}
                onPress={() => vault.changeAppLock("removed")}
              />
            )}
          </>
        ) : (
          <Way icon={LockKeyhole} title={say("appLock.set")} text={say("appLock.setText")} onPress={() => vault.changeAppLock("set")} />
        )}
      </Choices>
      {app.appLock && !removable && <Note>{say("appLock.noKeychain")}</Note>}
      {app.appLock && <p className="muted">{say("appLock.auto")}</p>}
    </Step>
  );
}

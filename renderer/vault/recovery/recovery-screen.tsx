import type { ReactNode } from "react";
import { useState } from "react";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";
import { ChangeRecovery } from "./change-recovery.tsx";
import { EnterRecovery } from "./enter-recovery.tsx";
import { RecoveryIncomplete } from "./recovery-incomplete.tsx";
import { RecoveryOn } from "./recovery-on.tsx";
import { RestoreBackup } from "./restore-backup.tsx";
import { SetUpRecovery } from "./set-up-recovery.tsx";
import { TurnOff } from "./turn-off.tsx";

export type RecoveryTask = "set-up" | "enter" | "change" | "restore" | "turn-off";

/** Recovery: what there is, and what can be done with it. A task that was begun stays on the screen while the state changes under it. */
export function RecoveryScreen(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const error = useValue(vault.safetyError);
  const [task, setTask] = useState<RecoveryTask | null>(null);
  const back = (): void => setTask(null);
  // Same component in the same place: what it is in the middle of, the only sight of a recovery key above all, outlives the change of state that it causes.
  const begin = (): void => setTask("set-up");
  switch (task) {
    case "set-up":
      return <SetUpRecovery onBegin={begin} />;
    case "enter":
      return <EnterRecovery onBack={back} />;
    case "change":
      return <ChangeRecovery onBack={back} />;
    case "restore":
      return <RestoreBackup onBack={back} />;
    case "turn-off":
      return <TurnOff keys={safety?.backup.backedUp ?? 0} onBack={back} />;
    case null:
      break;
  }
  if (safety === null && error !== null) return <ErrorNote code={error} />;
  if (safety === null || safety.recovery.state === "unknown")
    return (
      <Delayed>
        <p role="status">{say("vault.home.loading")}</p>
      </Delayed>
    );
  switch (safety.recovery.state) {
    case "disabled":
      return <SetUpRecovery onBegin={begin} />;
    case "incomplete":
      return <RecoveryIncomplete safety={safety} onTask={setTask} />;
    case "enabled":
      return <RecoveryOn safety={safety} onTask={setTask} />;
  }
}

import { useEffect, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Step } from "../parts/step.tsx";
import { SealSymbols } from "../seal-view.tsx";
import { useVault } from "../state/vault.ts";

const CLOSE_AFTER_MS = 1500;

type UnlockedProps = {
  readonly how: "created" | "unlocked";
  readonly onGoOn: () => void;
};

/** The store is open. Who has just got a seal is shown it large. */
export function Unlocked({ how, onGoOn }: UnlockedProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const seal = useValue(vault.seal);
  useEffect(() => {
    // Who has only unlocked wants to go on; who has just got a seal should take a look at it.
    if (how !== "unlocked") return undefined;
    const timer = setTimeout(onGoOn, CLOSE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [how, onGoOn]);
  return (
    <Step
      title={say(`vault.done.${how}`)}
      lead={say(`vault.done.${how}Text`)}
      back={null}
      focus="field"
      actions={
        <Button look="primary" onPress={onGoOn} autoFocus>
          {say("vault.done.close")}
        </Button>
      }
    >
      {how === "created" && seal !== null && (
        <div className="seal-large">
          <SealSymbols seal={seal} size={34} />
        </div>
      )}
    </Step>
  );
}

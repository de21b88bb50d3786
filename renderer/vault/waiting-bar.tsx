import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { useValue } from "../ui/store.ts";
import { useSay } from "../ui/text.tsx";
import { useVault } from "./state/vault.ts";
import { nameOf } from "./verification/names.ts";

/** What waits while something else is on the screen: somebody who asks to verify, or another window's wish. */
export function WaitingBar(): ReactNode {
  const say = useSay();
  const vault = useVault();
  const { screen } = useValue(vault.place);
  const asked = useValue(vault.asked);
  const verifications = useValue(vault.verifications);
  // The overview lists them itself, and a verification has its own way to the others.
  const elsewhere = screen.kind !== "home" && screen.kind !== "verification";
  const incoming = elsewhere ? verifications?.find(({ state }) => state === "asked") : undefined;
  const text =
    incoming !== undefined
      ? incoming.own
        ? say("vault.waiting.verifyOwn")
        : say("vault.waiting.verify", { name: nameOf(incoming) })
      : asked !== null
        ? say("vault.waiting.intent")
        : null;
  const go = incoming !== undefined ? ({ kind: "verification", flowId: incoming.flowId } as const) : asked;
  return (
    <div role="status" className="waiting-bar">
      {text !== null && go !== null && (
        <>
          <span>{text}</span>
          <Button size="small" onPress={() => vault.leaveFor(go)}>
            {say("vault.waiting.look")}
          </Button>
        </>
      )}
    </div>
  );
}

import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { useSay } from "../../ui/text.tsx";
import { useVault } from "../state/vault.ts";
import { isLive, nameOf } from "./names.ts";

type SwitcherProps = { readonly all: readonly VerificationView[]; readonly current: string };

/** Where there are several verifications: which one this is, and the way to the others that still go on. */
export function FlowSwitcher({ all, current }: SwitcherProps): ReactNode {
  const say = useSay();
  const vault = useVault();
  const others = all.filter((view) => view.flowId === current || isLive(view));
  if (others.length < 2) return null;
  return (
    <nav className="flows" aria-label={say("verify.switch")}>
      {others.map((view) => (
        <AriaButton
          key={view.flowId}
          className="flow"
          {...(view.flowId === current ? { "aria-current": "true" as const } : {})}
          onPress={() => vault.go({ kind: "verification", flowId: view.flowId })}
        >
          {view.own ? (view.deviceName ?? say("verify.done.unnamed")) : nameOf(view)}
        </AriaButton>
      ))}
    </nav>
  );
}

import { ShieldAlert, ShieldCheck, ShieldX } from "lucide-react";
import type { ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { useVault, type Screen } from "../state/vault.ts";
import { cancelReason } from "./cancel-reason.ts";
import { nameOf } from "./names.ts";
import { WithWhom } from "./with-whom.tsx";

/** It succeeded: what is verified now. */
export function Done({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const { own } = view;
  const name = own ? (view.deviceName ?? say("verify.otherDevice")) : nameOf(view);
  return (
    <Outcome
      icon={ShieldCheck}
      title={own ? say("verify.done.own") : say("verify.done.user", { name })}
      text={own ? say("verify.done.ownText", { name }) : say("verify.done.userText")}
    >
      <WithWhom view={view} />
    </Outcome>
  );
}

/** It ended without verifying anyone: why, and what to do. */
export function Cancelled({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const cancel = view.cancel ?? { code: "m.unknown", byUs: false };
  const { what, next, alarming } = cancelReason(cancel, view.own);
  const safety = useValue(vault.safety);
  const again = cancel.code === "m.accepted" ? null : startAgain(view, safety?.thisDeviceVerified === false);
  return (
    <Outcome
      tone={alarming ? "danger" : "plain"}
      icon={alarming ? ShieldAlert : ShieldX}
      title={say(what)}
      text={say("verify.failed.nothing")}
      {...(again === null ? {} : { action: { label: say("verify.failed.again"), go: () => vault.go(again) } })}
    >
      <p>{say(next)}</p>
      <WithWhom view={view} />
    </Outcome>
  );
}

function startAgain({ own, userId, deviceId }: VerificationView, unverifiedHere: boolean): Screen {
  if (!own) return { kind: "verify-user", userId };
  return unverifiedHere || deviceId === null ? { kind: "verify-this-device" } : { kind: "verify-device", userId, deviceId };
}

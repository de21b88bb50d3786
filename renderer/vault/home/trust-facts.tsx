import type { ReactNode } from "react";
import { useIntl, type IntlShape } from "react-intl";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useSay, type Say } from "../../ui/text.tsx";
import { Facts, type Fact } from "../parts/facts.tsx";

/** How well the account's keys are looked after, in plain words. */
export function TrustFacts({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  const intl = useIntl();
  return (
    <Facts
      label={say("vault.facts.label")}
      facts={[
        identityFact(safety, say),
        { name: say("vault.facts.device"), ...deviceState(safety, say) },
        othersFact(safety, say),
        recoveryFact(safety, say),
        backupFact(safety, say, intl),
      ]}
    />
  );
}

type State = Pick<Fact, "value" | "standing">;

function identityFact({ identity, privateKeys }: Safety, say: Say): Fact {
  const name = say("vault.facts.identity");
  if (identity === "unknown") return { name, value: say("vault.facts.unknown"), standing: "none" };
  if (identity === "none") return { name, value: say("vault.facts.identityNone"), standing: "todo" };
  const here = privateKeys.master && privateKeys.selfSigning && privateKeys.userSigning;
  return { name, value: say(here ? "vault.facts.identityHere" : "vault.facts.identityElsewhere"), standing: "good" };
}

const deviceState = ({ thisDeviceVerified, identity }: Safety, say: Say): State =>
  thisDeviceVerified
    ? { value: say("vault.facts.deviceVerified"), standing: "good" }
    : { value: say("vault.facts.deviceUnverified"), standing: identity === "present" ? "todo" : "none" };

function othersFact({ unverifiedDevices, otherVerifiedDevices }: Safety, say: Say): Fact {
  const name = say("vault.facts.others");
  if (unverifiedDevices > 0) return { name, value: say("vault.facts.othersUnverified", { count: unverifiedDevices }), standing: "todo" };
  return {
    name,
    value: say("vault.facts.othersFine", { count: otherVerifiedDevices }),
    standing: otherVerifiedDevices > 0 ? "good" : "none",
  };
}

function recoveryFact({ recovery }: Safety, say: Say): Fact {
  const name = say("vault.facts.recovery");
  switch (recovery.state) {
    case "unknown":
      return { name, value: say("vault.facts.unknown"), standing: "none" };
    case "disabled":
      return { name, value: say("vault.facts.recoveryOff"), standing: "todo" };
    case "incomplete":
      return { name, value: say("vault.facts.recoveryIncomplete"), standing: "todo" };
    case "enabled":
      return { name, value: say(recovery.hasPassphrase ? "vault.facts.recoveryPassphrase" : "vault.facts.recoveryKey"), standing: "good" };
  }
}

function backupFact({ backup }: Safety, say: Say, intl: IntlShape): Fact {
  const name = say("vault.facts.backup");
  switch (backup.state) {
    case "unknown":
      return { name, value: say("vault.facts.unknown"), standing: "none" };
    case "none":
      return { name, value: say("vault.facts.backupNone"), standing: "todo" };
    case "untrusted":
      return { name, value: say("vault.facts.backupUntrusted"), standing: "todo" };
    case "enabled":
      return { name, value: backedUp(backup, say, intl), standing: "good" };
  }
}

/** How much of what is here is in the backup. */
export function backedUp({ total, backedUp: done, uploading }: Safety["backup"], say: Say, intl: IntlShape): string {
  if (done >= total) return say("vault.facts.backupAll", { count: total });
  const values = { done: intl.formatNumber(done), total: intl.formatNumber(total) };
  return say(uploading ? "vault.facts.backupPartUploading" : "vault.facts.backupPart", values);
}

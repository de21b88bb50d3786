import { Fingerprint, KeyRound, MonitorSmartphone, ShieldAlert, X, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { asideNotice, intentOf, type SafetyNotice } from "../state/notices.ts";
import { useSession } from "../state/session.ts";
import { BannerLine } from "./banner-line.tsx";
import { focusLandmark } from "./landmarks.ts";

type Face = { readonly icon: LucideIcon; readonly tone: "plain" | "warn" };

/** Amber where something should be done; what was merely never set up is said without colour. */
const FACES: Readonly<Record<SafetyNotice["kind"], Face>> = {
  "no-identity": { icon: Fingerprint, tone: "plain" },
  "unverified-here": { icon: ShieldAlert, tone: "warn" },
  "unverified-devices": { icon: MonitorSmartphone, tone: "warn" },
  "backup-untrusted": { icon: KeyRound, tone: "warn" },
  "recovery-incomplete": { icon: KeyRound, tone: "warn" },
  "no-recovery": { icon: KeyRound, tone: "plain" },
};

/** What would make this account safer, with the way there; it can be put aside until the next start. */
export function SafetyLine({ notice }: { readonly notice: SafetyNotice }): ReactNode {
  const say = useSay();
  const session = useSession();
  const { icon, tone } = FACES[notice.kind];
  const go = (): void => {
    const intent = intentOf(notice.kind);
    if (intent === null) session.showDialog({ kind: "settings", section: "devices" });
    else void session.openVault(intent);
  };
  const putAside = (): void => {
    session.aside.update((aside) => asideNotice(aside, notice));
    focusLandmark("composer");
  };
  return (
    <BannerLine
      tone={tone}
      icon={icon}
      title={say(`notice.${notice.kind}`, { count: notice.size })}
      text={say(`notice.${notice.kind}.text`)}
      action={
        <>
          <Button size="small" look={tone === "warn" ? "primary" : "secondary"} onPress={go}>
            {say(`notice.${notice.kind}.action`)}
          </Button>
          <IconButton icon={X} size="small" label={say("notice.aside")} onPress={putAside} />
        </>
      }
    />
  );
}

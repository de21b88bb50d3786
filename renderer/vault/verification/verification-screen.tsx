import { CircleCheck } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import type { VerificationView } from "../../../protocol/messages/verification-view.ts";
import { Delayed } from "../../ui/delayed.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { useHold } from "../state/use-hold.ts";
import { useVault } from "../state/vault.ts";
import { Asked } from "./asked.tsx";
import { Cancelled, Done } from "./ended.tsx";
import { Compare } from "./compare.tsx";
import { FlowSwitcher } from "./flow-switcher.tsx";
import { nameOf } from "./names.ts";
import { Ready } from "./ready.tsx";
import { Scan } from "./scan.tsx";
import { Scanned, ShowCode } from "./show-code.tsx";
import { Waiting } from "./waiting.tsx";
import "./verification.css";

const PATIENCE_MS = 1000;

/** One verification, through its whole life. */
export function VerificationScreen({ flowId }: { readonly flowId: string }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const all = useValue(vault.verifications);
  const view = all?.find((each) => each.flowId === flowId);
  // What was begun a moment ago may not have been told yet.
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    vault.askVerifications();
    const timer = setTimeout(() => setPatient(false), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [vault]);
  if (all === null || (view === undefined && patient))
    return (
      <Delayed>
        <p role="status">{say("vault.loading")}</p>
      </Delayed>
    );
  if (view === undefined) return <Outcome tone="plain" title={say("verify.over.title")} text={say("verify.over.text")} />;
  return (
    <>
      <FlowSwitcher all={all} current={flowId} />
      <Stage view={view} />
    </>
  );
}

/** What a person is in the middle of comparing, no other window's wish takes away. */
const HOLDING: ReadonlySet<VerificationView["state"]> = new Set(["sas-compare", "qr-scanned", "qr-shown"]);

function Stage({ view }: { readonly view: VerificationView }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const safety = useValue(vault.safety);
  const [scanning, setScanning] = useState(false);
  useHold(HOLDING.has(view.state) || (view.state === "ready" && scanning));
  const values = { name: nameOf(view) };
  switch (view.state) {
    case "asked":
      return <Asked view={view} />;
    case "asking":
      return view.own ? (
        <Waiting
          key="asking"
          view={view}
          title={say("verify.waiting.askingOwn")}
          text={say(view.deviceId === null ? "verify.waiting.askingOwnText" : "verify.waiting.askingDeviceText")}
          help={say("verify.waiting.askingOwnHelp")}
          {...(safety?.thisDeviceVerified === false
            ? { instead: { label: say("verify.waiting.otherWays"), go: () => vault.go({ kind: "verify-this-device" }) } }
            : {})}
        />
      ) : (
        <Waiting key="asking" view={view} title={say("verify.waiting.asking", values)} text={say("verify.waiting.askingText", values)} />
      );
    case "ready":
      return scanning && view.methods.scanQr ? (
        <Scan view={view} onBack={() => setScanning(false)} />
      ) : (
        <Ready view={view} onScan={() => setScanning(true)} />
      );
    case "sas-waiting":
      return <Waiting key="sas" view={view} title={say("verify.waiting.sas")} text={say("verify.waiting.sasText")} />;
    case "sas-compare":
      return <Compare view={view} />;
    case "sas-confirmed":
      return <Waiting key="confirmed" view={view} title={say("verify.waiting.confirmed")} text={say("verify.waiting.confirmedText")} />;
    case "qr-shown":
      return <ShowCode view={view} />;
    case "qr-scanned":
      return <Scanned view={view} />;
    case "qr-waiting":
      return <Waiting key="qr" view={view} icon={CircleCheck} title={say("verify.waiting.qr")} text={say("verify.waiting.qrText")} />;
    case "done":
      return <Done view={view} />;
    case "cancelled":
      return <Cancelled view={view} />;
  }
}

import { Fingerprint, KeyRound, MonitorSmartphone, ShieldAlert, ShieldCheck } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import type { ErrorCode } from "../../../protocol/errors.ts";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { requestText, requestTitle } from "../shell/request-title.ts";
import { VaultButton } from "../shell/vault-button.tsx";
import { dueNotices, intentOf } from "../state/notices.ts";
import { useSession } from "../state/session.ts";
import { AppLock } from "./app-lock.tsx";
import { BackupRow } from "./backup-row.tsx";
import { DehydrationRow } from "./dehydration-row.tsx";
import { Precautions } from "./precautions.tsx";
import { RecoveryRow } from "./recovery-row.tsx";
import { SecurityDetails } from "./security-details.tsx";
import { SettingRow } from "./setting-row.tsx";

/** How this account's keys are looked after. Everything that touches them is done in the vault; this says how it stands and leads there. */
export function SecuritySection(): ReactNode {
  const say = useSay();
  const session = useSession();
  const safety = useValue(session.safety);
  const [error, setError] = useState<ErrorCode | null>(null);
  useEffect(() => {
    if (session.safety.value === null) void session.askSafety().then(setError);
  }, [session]);
  return (
    <div className="settings__stack settings__stack--wide">
      {safety !== null ? (
        <Safeties safety={safety} />
      ) : error !== null ? (
        <ErrorNote code={error} actions={<Button onPress={() => void session.askSafety().then(setError)}>{say("common.retry")}</Button>} />
      ) : (
        <Delayed>
          <span className="skeleton settings__skeleton" role="status" aria-label={say("common.loading")} />
        </Delayed>
      )}
      <Precautions />
      <AppLock />
      <SecurityDetails />
      {safety?.identity === "present" && (
        <div className="settings__danger">
          <span>
            <strong>{say("security.reset")}</strong>
            <span className="muted">{say("security.resetText")}</span>
          </span>
          <VaultButton look="danger-quiet" intent={{ kind: "reset-identity" }}>
            {say("security.resetAction")}
          </VaultButton>
        </div>
      )}
    </div>
  );
}

function Safeties({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  const aside = useValue(useSession().aside);
  const known = safety.identity !== "unknown";
  // The others stand in the corner.
  const waiting = safety.incoming.filter(({ flowId }) => aside.requests.has(flowId));
  return (
    <>
      <Overall safety={safety} />
      {waiting.map((request) => (
        <Note
          key={request.flowId}
          title={requestTitle(say, safety, request)}
          actions={
            <VaultButton look="primary" intent={{ kind: "verification", flowId: request.flowId }}>
              {say("common.openInVault")}
            </VaultButton>
          }
        >
          {requestText(say, safety, request)}
        </Note>
      ))}
      {known && (
        <section>
          <h4 className="settings__subheading">{say("security.who")}</h4>
          <IdentityRow identity={safety.identity} />
          <ThisDeviceRow safety={safety} />
        </section>
      )}
      <section>
        <h4 className="settings__subheading">{say("security.keys")}</h4>
        {known && <RecoveryRow safety={safety} />}
        {known && <BackupRow backup={safety.backup} />}
        {known && <DehydrationRow safety={safety} />}
        <SettingRow
          icon={KeyRound}
          title={say("security.file")}
          text={say("security.fileText")}
          action={
            <>
              <VaultButton intent={{ kind: "export-keys" }}>{say("security.export")}</VaultButton>
              <VaultButton intent={{ kind: "import-keys" }}>{say("security.import")}</VaultButton>
            </>
          }
        />
      </section>
    </>
  );
}

/** The answer to "am I safe?", first: yes, or the most pressing thing to do. */
function Overall({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  const session = useSession();
  if (safety.identity === "unknown") return <Note>{say("security.unknown")}</Note>;
  const [due] = dueNotices(safety);
  const Icon = due === undefined ? ShieldCheck : ShieldAlert;
  const intent = due === undefined ? null : intentOf(due.kind);
  return (
    <div className={`encryption-state ${due === undefined ? "" : "encryption-state--warn"}`}>
      <Icon className="icon" size={26} strokeWidth={1.7} aria-hidden />
      <div className="encryption-state__text">
        <strong>{due === undefined ? say("security.good") : say(`notice.${due.kind}`, { count: due.size })}</strong>
        <p className="muted">{due === undefined ? say("security.goodText") : say(`notice.${due.kind}.text`)}</p>
      </div>
      {due !== undefined &&
        (intent === null ? (
          <Button size="small" look="primary" onPress={() => session.showDialog({ kind: "settings", section: "devices" })}>
            {say(`notice.${due.kind}.action`)}
          </Button>
        ) : (
          <VaultButton look="primary" intent={intent}>
            {say(`notice.${due.kind}.action`)}
          </VaultButton>
        ))}
    </div>
  );
}

function IdentityRow({ identity }: Pick<Safety, "identity">): ReactNode {
  const say = useSay();
  return (
    <SettingRow
      icon={Fingerprint}
      title={say("security.identity")}
      state={say(`security.identity.${identity}`)}
      tone={identity === "present" ? "good" : "plain"}
      text={say(`security.identity.${identity}Text`)}
      {...(identity === "none" ? { action: <VaultButton intent={{ kind: "set-up-identity" }}>{say("security.setUp")}</VaultButton> } : {})}
    />
  );
}

function ThisDeviceRow({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  if (safety.identity !== "present") return null;
  const verified = safety.thisDeviceVerified;
  return (
    <SettingRow
      icon={MonitorSmartphone}
      title={say("security.device")}
      state={say(verified ? "security.verified" : "security.notVerified")}
      tone={verified ? "good" : "warn"}
      text={say(
        verified
          ? "security.deviceText"
          : safety.otherVerifiedDevices > 0
            ? "security.deviceByDevice"
            : safety.recovery.state === "disabled"
              ? "security.deviceAlone"
              : "security.deviceByRecovery",
      )}
      {...(verified ? {} : { action: <VaultButton intent={{ kind: "verify-this-device" }}>{say("security.verify")}</VaultButton> })}
    />
  );
}

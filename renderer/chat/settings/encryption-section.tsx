import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useIntl } from "react-intl";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { CopyLine } from "../panel/copy-line.tsx";
import { DeviceList } from "../panel/device-list.tsx";
import { fingerprintGroups } from "../panel/fingerprint.ts";
import { useSession } from "../state/session.ts";

type EncryptionStatus = ResultOf<ChatContract["encryptionStatus"]>;

export function EncryptionSection(): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const session = useSession();
  const account = useValue(session.account);
  const overall = useValue(session.status);
  const about = useValue(session.about);
  const [status, setStatus] = useState<EncryptionStatus | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  useEffect(() => {
    let current = true;
    const ask = async (): Promise<void> => {
      const answer = await session.link.call("encryptionStatus", {});
      if (!current) return;
      if (answer.ok) setStatus(answer.value);
      else setError(answer.error.code);
    };
    void ask();
    return () => {
      current = false;
    };
  }, [session]);
  if (account === null) return null;
  return (
    <div className="settings__stack">
      {error !== null && <ErrorNote code={error} />}
      {status === null ? (
        error === null && (
          <Delayed>
            <span className="skeleton settings__skeleton" />
          </Delayed>
        )
      ) : (
        <State status={status} />
      )}
      {status !== null && (
        <dl className="facts">
          <div className="fact">
            <dt>{say("encryption.identity")}</dt>
            <dd>
              {say(
                !status.crossSigning.exists
                  ? "encryption.identityNone"
                  : status.crossSigning.thisDeviceSigned
                    ? "encryption.identitySigned"
                    : "encryption.identityUnsigned",
              )}
              {status.crossSigning.exists && !status.crossSigning.thisDeviceSigned && (
                <span className="muted">{say("encryption.identityText")}</span>
              )}
            </dd>
          </div>
          <div className="fact">
            <dt>{say("encryption.roomKeys")}</dt>
            <dd className="tabular">{intl.formatNumber(status.roomKeys)}</dd>
          </div>
          <div className="fact">
            <dt>{say("encryption.oneTime")}</dt>
            <dd className="tabular">{say("encryption.oneTimeValue", { count: status.oneTimeKeysOnServer })}</dd>
          </div>
        </dl>
      )}
      {overall !== null && <p className="muted">{say("encryption.utd", { count: overall.undecryptable })}</p>}
      {about !== null && <p className="muted">{say(about.keychain ? "encryption.keychain" : "encryption.passphrase")}</p>}
      <section>
        <h4 className="settings__subheading">{say("encryption.fingerprint")}</h4>
        <p className="muted">{say("encryption.fingerprintText")}</p>
        <dl className="facts">
          <CopyLine
            label={say("person.fingerprint")}
            value={account.ed25519}
            shown={fingerprintGroups(account.ed25519)}
            mono
            copyLabel={say("encryption.copyFingerprint")}
          />
        </dl>
      </section>
      <section>
        <h4 className="settings__subheading">{say("encryption.devices")}</h4>
        <p className="muted">{say("encryption.devicesText")}</p>
        <DeviceList userId={account.userId} thisDevice={account.deviceId} />
      </section>
    </div>
  );
}

function State({ status }: { readonly status: EncryptionStatus }): ReactNode {
  const say = useSay();
  const ready = status.deviceKeysUploaded;
  const Icon = ready ? ShieldCheck : ShieldAlert;
  return (
    <div className={`encryption-state ${ready ? "" : "encryption-state--warn"}`}>
      <Icon className="icon" size={26} strokeWidth={1.7} aria-hidden />
      <div>
        <strong>{say(ready ? "encryption.ready" : "encryption.notReady")}</strong>
        <p className="muted">{say(ready ? "encryption.readyText" : "encryption.notReadyText")}</p>
      </div>
    </div>
  );
}

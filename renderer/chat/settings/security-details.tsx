import { ChevronRight } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from "react-aria-components";
import { useIntl } from "react-intl";
import type { ChatContract } from "../../../protocol/chat.ts";
import type { ResultOf } from "../../../protocol/define.ts";
import { Note } from "../../ui/note.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { CopyLine } from "../panel/copy-line.tsx";
import { fingerprintGroups } from "../panel/fingerprint.ts";
import { useSession } from "../state/session.ts";

/** What hardly anyone needs, behind one press: fingerprint and numbers. */
export function SecurityDetails(): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const session = useSession();
  const account = useValue(session.account);
  const undecryptable = useStore(session.status, (status) => status?.undecryptable ?? null);
  const [status, setStatus] = useState<ResultOf<ChatContract["encryptionStatus"]> | null>(null);
  useEffect(() => {
    let current = true;
    void session.link.call("encryptionStatus", {}).then((answer) => {
      if (current && answer.ok) setStatus(answer.value);
    });
    return () => {
      current = false;
    };
  }, [session]);
  return (
    <>
      {status?.deviceKeysUploaded === false && (
        <Note tone="warn" title={say("security.notUploaded")}>
          {say("security.notUploadedText")}
        </Note>
      )}
      <Disclosure className="disclosure">
        <Heading level={4}>
          <AriaButton slot="trigger" className="disclosure__trigger">
            <ChevronRight className="icon disclosure__chevron" size={16} aria-hidden />
            {say("security.details")}
          </AriaButton>
        </Heading>
        <DisclosurePanel className="disclosure__panel">
          <dl className="facts">
            {account !== null && (
              <CopyLine
                label={say("security.fingerprint")}
                value={account.ed25519}
                shown={fingerprintGroups(account.ed25519)}
                mono
                copyLabel={say("security.copyFingerprint")}
              />
            )}
            {status !== null && (
              <>
                <div className="fact">
                  <dt>{say("security.roomKeys")}</dt>
                  <dd className="tabular">{intl.formatNumber(status.roomKeys)}</dd>
                </div>
                <div className="fact">
                  <dt>{say("security.oneTime")}</dt>
                  <dd className="tabular">{say("security.oneTimeValue", { count: intl.formatNumber(status.oneTimeKeysOnServer) })}</dd>
                </div>
              </>
            )}
            {undecryptable !== null && (
              <div className="fact">
                <dt>{say("security.waiting")}</dt>
                <dd className="tabular">{intl.formatNumber(undecryptable)}</dd>
              </div>
            )}
          </dl>
        </DisclosurePanel>
      </Disclosure>
    </>
  );
}

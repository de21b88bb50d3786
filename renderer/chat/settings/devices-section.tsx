import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { Filters } from "../../ui/filters.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { useLookup } from "../state/lookup.ts";
import { arrangeDevices } from "../state/own-devices.ts";
import { useSession } from "../state/session.ts";
import { OwnDevice } from "./own-device.tsx";

const NONE: ReadonlySet<string> = new Set();

/** One's own devices: which there are, which are verified, and how to be rid of one. */
export function DevicesSection(): ReactNode {
  const say = useSay();
  const session = useSession();
  const account = useValue(session.account);
  const safety = useValue(session.safety);
  const { value, error } = useLookup(session.devices, account?.userId ?? null);
  const [filter, setFilter] = useState<"all" | "unverified">("all");
  const [marked, setMarked] = useState<ReadonlySet<string>>(NONE);
  if (account === null) return null;
  if (value === null)
    return error === null ? (
      <Delayed>
        <span className="skeleton settings__skeleton" role="status" aria-label={say("common.loading")} />
      </Delayed>
    ) : (
      <ErrorNote code={error} actions={<Button onPress={() => session.devices.refresh(account.userId)}>{say("common.retry")}</Button>} />
    );

  const current = value.find(({ deviceId }) => deviceId === account.deviceId);
  const others = arrangeDevices(value, account.deviceId);
  const unverified = others.filter(({ verified }) => !verified);
  const shown = filter === "all" ? others : unverified;
  // A device that is gone, or filtered away, is not signed out by a mark that nobody sees.
  const chosen = shown.filter(({ deviceId }) => marked.has(deviceId)).map(({ deviceId }) => deviceId);
  const hereVerified = safety?.identity === "present" ? safety.thisDeviceVerified : null;
  const mark = (deviceId: string, on: boolean): void =>
    setMarked((now) => {
      const next = new Set(now);
      if (on) next.add(deviceId);
      else next.delete(deviceId);
      return next;
    });
  return (
    <div className="settings__stack settings__stack--wide">
      {current !== undefined && (
        <section>
          <h4 className="settings__subheading">{say("ownDevices.this")}</h4>
          <ul className="own-devices">
            <OwnDevice device={current} current verified={hereVerified} canVerify />
          </ul>
        </section>
      )}
      <section className="own-devices__others">
        <h4 className="settings__subheading">{say("ownDevices.others", { count: others.length })}</h4>
        {unverified.length > 0 && (
          <Note tone="warn" title={say("ownDevices.unverifiedTitle", { count: unverified.length })}>
            {say("ownDevices.unverifiedText", { count: unverified.length })}
          </Note>
        )}
        {others.length === 0 && <p className="muted">{say("ownDevices.alone")}</p>}
        {unverified.length > 0 && unverified.length < others.length && (
          <Filters
            label={say("ownDevices.filter")}
            inset={false}
            options={[
              { value: "all", title: say("ownDevices.filter.all") },
              { value: "unverified", title: say("ownDevices.filter.unverified") },
            ]}
            value={filter}
            onChange={setFilter}
          />
        )}
        {shown.length > 0 && (
          <ul className="own-devices">
            {shown.map((device) => (
              <OwnDevice
                key={device.deviceId}
                device={device}
                current={false}
                verified={device.verified}
                canVerify={hereVerified === true}
                marked={marked.has(device.deviceId)}
                onMark={(on) => mark(device.deviceId, on)}
              />
            ))}
          </ul>
        )}
      </section>
      {chosen.length > 0 && (
        <div className="own-devices__bar" role="group" aria-label={say("ownDevices.chosen", { count: chosen.length })}>
          <span>{say("ownDevices.chosen", { count: chosen.length })}</span>
          <Button size="small" onPress={() => setMarked(NONE)}>
            {say("ownDevices.unmark")}
          </Button>
          <VaultButton look="danger-quiet" intent={{ kind: "sign-out-devices", deviceIds: chosen.slice(0, 500) }}>
            {say("ownDevices.signOut", { count: chosen.length })}
          </VaultButton>
        </div>
      )}
    </div>
  );
}

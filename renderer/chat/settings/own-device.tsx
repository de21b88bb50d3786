import { Check, MonitorSmartphone, Pencil, ShieldCheck, ShieldQuestionMark, TriangleAlert } from "lucide-react";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { Checkbox } from "react-aria-components";
import { useIntl } from "react-intl";
import type { DeviceView } from "../../../protocol/messages/device.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { useSay } from "../../ui/text.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { fingerprintGroups } from "../panel/fingerprint.ts";
import { VaultButton } from "../shell/vault-button.tsx";
import { useSession } from "../state/session.ts";

type DeviceProps = {
  readonly device: DeviceView;
  readonly current: boolean;
  /** Null while there is no identity that could vouch for it. */
  readonly verified: boolean | null;
  /** Whether this device may vouch for others. */
  readonly canVerify: boolean;
  readonly marked?: boolean;
  readonly onMark?: (on: boolean) => void;
};

/** One of our devices: name, when it was last seen, whether it is verified, and what can be done with it. */
export function OwnDevice({ device, current, verified, canVerify, marked, onMark }: DeviceProps): ReactNode {
  const say = useSay();
  const [renaming, setRenaming] = useState(false);
  const [open, setOpen] = useState(false);
  const name = device.displayName ?? device.deviceId;
  return (
    <li className={`own-device ${marked === true ? "own-device--marked" : ""}`}>
      <div className="own-device__head">
        {onMark === undefined ? (
          <span className="own-device__glyph">
            <MonitorSmartphone className="icon" size={20} strokeWidth={1.7} aria-hidden />
          </span>
        ) : (
          <Checkbox className="checkbox" aria-label={say("ownDevices.mark", { name })} isSelected={marked === true} onChange={onMark}>
            {marked === true && <Check className="icon" size={14} strokeWidth={3} aria-hidden />}
          </Checkbox>
        )}
        {renaming ? (
          <Rename device={device} onDone={() => setRenaming(false)} />
        ) : (
          <>
            <div className="own-device__names">
              <span className="own-device__name">
                <span className="ellipsis">{name}</span>
                <IconButton icon={Pencil} size="small" label={say("ownDevices.rename", { name })} onPress={() => setRenaming(true)} />
              </span>
              <Facts device={device} current={current} verified={verified} />
            </div>
            <div className="own-device__actions">
              {verified === false && canVerify && (
                <VaultButton
                  intent={
                    current ? { kind: "verify-this-device" } : { kind: "verify-device", userId: device.userId, deviceId: device.deviceId }
                  }
                >
                  {say("security.verify")}
                </VaultButton>
              )}
              {!current && verified === false && <SignOutOne device={device} />}
              <Button size="small" look="quiet" aria-expanded={open} onPress={() => setOpen(!open)}>
                {say("security.details")}
              </Button>
            </div>
          </>
        )}
      </div>
      {open && !renaming && <Keys device={device}>{!current && verified !== false && <SignOutOne device={device} />}</Keys>}
    </li>
  );
}

function Facts({ device, current, verified }: Pick<DeviceProps, "device" | "current" | "verified">): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const tone = verified === true ? "good" : verified === false ? "warn" : "plain";
  const Icon = verified === true ? ShieldCheck : verified === false ? TriangleAlert : ShieldQuestionMark;
  const { lastSeen } = device;
  return (
    <span className="own-device__facts">
      <span className={`device__state device__state--${tone}`}>
        <Icon className="icon" size={13} aria-hidden />
        {say(verified === true ? "security.verified" : verified === false ? "security.notVerified" : "security.identity.none")}
      </span>
      {current ? (
        <span className="muted">{say("ownDevices.here")}</span>
      ) : (
        lastSeen !== null && (
          <span className="muted">
            {say("ownDevices.lastSeen", { date: intl.formatDate(lastSeen, { dateStyle: "medium", timeStyle: "short" }) })}
          </span>
        )
      )}
    </span>
  );
}

/** Where it may be a stranger's it is offered at once; else it takes a look at the device first. */
function SignOutOne({ device }: { readonly device: DeviceView }): ReactNode {
  const say = useSay();
  return (
    <VaultButton
      look="danger-quiet"
      intent={{ kind: "sign-out-devices", deviceIds: [device.deviceId] }}
      label={say("ownDevices.signOutOne", { name: device.displayName ?? device.deviceId })}
    >
      {say("account.signOut")}
    </VaultButton>
  );
}

function Keys({ device, children }: { readonly device: DeviceView; readonly children: ReactNode }): ReactNode {
  const say = useSay();
  const intl = useIntl();
  return (
    <div className="own-device__keys">
      <span className="muted">{say("person.fingerprint")}</span>
      <span className="mono device__key">{fingerprintGroups(device.ed25519)}</span>
      <span className="muted">
        <span className="mono">{device.deviceId}</span> ·{" "}
        {say("person.deviceSince", { date: intl.formatDate(device.firstSeen, { dateStyle: "medium" }) })}
      </span>
      {children}
    </div>
  );
}

/** The name in place, to be changed: Enter keeps it, Escape leaves it. */
function Rename({ device, onDone }: { readonly device: DeviceView; readonly onDone: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [name, setName] = useState(device.displayName ?? "");
  const wanted = name.trim();
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    // The dialog around it stays open.
    event.stopPropagation();
    onDone();
  };
  return (
    <form
      className="own-device__rename"
      onKeyDownCapture={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted === "" || task.busy) return;
        void task.run(
          () => session.link.call("renameDevice", { deviceId: device.deviceId, name: wanted }),
          () => {
            session.devices.refresh(device.userId);
            onDone();
          },
        );
      }}
    >
      <TextField
        label={say("ownDevices.name")}
        hint={task.error === null ? say("ownDevices.nameHint") : undefined}
        error={task.error === null ? null : errorLine(say, task.error)}
        value={name}
        onChange={setName}
        maxLength={255}
        autoFocus
      />
      <Button onPress={onDone}>{say("common.cancel")}</Button>
      <Button look="primary" type="submit" isDisabled={wanted === "" || task.busy}>
        {say("common.save")}
      </Button>
    </form>
  );
}

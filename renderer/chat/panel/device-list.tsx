import { Ban, CircleDashed, MonitorSmartphone, ShieldCheck, TriangleAlert, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useIntl } from "react-intl";
import type { DeviceView } from "../../../protocol/messages/device.ts";
import type { MessageId } from "../../ui/messages/en.ts";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { useLookup } from "../state/lookup.ts";
import { useSession } from "../state/session.ts";
import { fingerprintGroups } from "./fingerprint.ts";

type ListProps = { readonly userId: string; readonly ownerVerified: boolean };

/** Another person's devices with their public keys and what is known about them. Trust in them comes from their owner, who is verified as a person. */
export function DeviceList({ userId, ownerVerified }: ListProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const { value, error } = useLookup(session.devices, userId);
  if (value === null) {
    if (error === null)
      return (
        <Delayed>
          <span className="skeleton devices__skeleton" role="status" aria-label={say("common.loading")} />
        </Delayed>
      );
    return <ErrorNote code={error} actions={<Button onPress={() => session.devices.refresh(userId)}>{say("common.retry")}</Button>} />;
  }
  if (value.length === 0) return <p className="muted">{say("person.noDevices")}</p>;
  const sorted = value.toSorted((a, b) => Number(a.crossSigned) - Number(b.crossSigned) || b.firstSeen - a.firstSeen);
  return (
    <ul className="devices">
      {sorted.map((device) => (
        <Device key={device.deviceId} device={device} ownerVerified={ownerVerified} />
      ))}
    </ul>
  );
}

function Device({ device, ownerVerified }: { readonly device: DeviceView; readonly ownerVerified: boolean }): ReactNode {
  const say = useSay();
  const intl = useIntl();
  const session = useSession();
  const task = useTask();
  const [open, setOpen] = useState(false);
  const state = stateOf(device, ownerVerified);
  const block = (): void =>
    void task.run(
      () => session.link.call("setBlacklisted", { userId: device.userId, deviceId: device.deviceId, blacklisted: !device.blacklisted }),
      () => session.devices.refresh(device.userId),
    );
  return (
    <li className="device">
      <AriaButton className="device__head" aria-expanded={open} onPress={() => setOpen(!open)}>
        <MonitorSmartphone className="icon" size={18} strokeWidth={1.7} aria-hidden />
        <span className="device__names">
          <span className="device__name ellipsis">{device.displayName ?? device.deviceId}</span>
          <span className={`device__state device__state--${state.tone}`}>
            <state.icon className="icon" size={13} aria-hidden />
            {say(state.id)}
          </span>
        </span>
      </AriaButton>
      {open && (
        <div className="device__body">
          <span className="muted">{say("person.fingerprint")}</span>
          <span className="mono device__key">{fingerprintGroups(device.ed25519)}</span>
          <span className="muted">{say("person.fingerprintHint")}</span>
          <span className="muted">
            <span className="mono">{device.deviceId}</span> ·{" "}
            {say("person.deviceSince", { date: intl.formatDate(device.firstSeen, { dateStyle: "medium" }) })}
          </span>
          <span>
            <Button look={device.blacklisted ? "secondary" : "danger-quiet"} size="small" isDisabled={task.busy} onPress={block}>
              {say(device.blacklisted ? "person.unblock" : "person.block")}
            </Button>
          </span>
          {task.error !== null && <ErrorNote code={task.error} />}
        </div>
      )}
    </li>
  );
}

type DeviceState = { readonly id: MessageId; readonly tone: "good" | "warn" | "plain" | "danger"; readonly icon: LucideIcon };

function stateOf(device: DeviceView, ownerVerified: boolean): DeviceState {
  if (device.blacklisted) return { id: "person.blocked", tone: "danger", icon: Ban };
  if (device.verified) return { id: "person.verified", tone: "good", icon: ShieldCheck };
  if (device.crossSigned) return { id: "person.signed", tone: "plain", icon: CircleDashed };
  // Of someone whom we verified this may be a stranger's; of others nothing better is known anyway.
  return { id: "person.unsigned", tone: ownerVerified ? "danger" : "warn", icon: TriangleAlert };
}

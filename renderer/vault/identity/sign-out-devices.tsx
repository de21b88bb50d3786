import { LogOut, MonitorSmartphone } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorNote, Note } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { AuthStep, useInteractive } from "../parts/interactive.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { ArmedButton, Step } from "../parts/step.tsx";
import { Working } from "../parts/working.tsx";
import { useDescribed } from "../state/use-described.ts";
import { ownUserId, useVault } from "../state/vault.ts";
import "./identity.css";

/** Ends other devices' access to the account. */
export function SignOutDevices({ deviceIds }: { readonly deviceIds: readonly string[] }): ReactNode {
  const say = useSay();
  const vault = useVault();
  const app = useValue(vault.app);
  const [done, setDone] = useState(false);
  const count = deviceIds.length;
  const act = useInteractive(
    (auth) => vault.link.call("signOutDevices", { deviceIds: [...deviceIds], auth }),
    () => setDone(true),
  );
  const userId = ownUserId(app);
  if (done) return <Outcome title={say("devices.out.done", { count })} text={say("devices.out.doneText", { count })} />;
  if (act.needed !== null) return <AuthStep act={act} needed={act.needed} />;
  if (act.busy) return <Working key="working" title={say("devices.out.working")} back={null} />;
  const ourselves = app.phase === "ready" && deviceIds.includes(app.deviceId);
  return (
    <Step
      key="sure"
      title={say("devices.out.title", { count })}
      lead={say("devices.out.text", { count })}
      icon={LogOut}
      tone="warn"
      back={null}
      actions={
        <>
          <Button onPress={() => vault.home()}>{say("devices.out.keep")}</Button>
          <ArmedButton look="danger" isDisabled={ourselves} onPress={act.begin}>
            {say("devices.out.submit")}
          </ArmedButton>
        </>
      }
    >
      <ul className="out-devices" aria-label={say("devices.out.list")}>
        {userId !== null && deviceIds.map((deviceId) => <Device key={deviceId} userId={userId} deviceId={deviceId} />)}
      </ul>
      {ourselves && <Note tone="warn">{say("devices.out.this")}</Note>}
      {act.error !== null && <ErrorNote code={act.error} />}
    </Step>
  );
}

function Device({ userId, deviceId }: { readonly userId: string; readonly deviceId: string }): ReactNode {
  const say = useSay();
  const described = useDescribed(userId, deviceId);
  return (
    <li>
      <MonitorSmartphone className="icon" size={20} strokeWidth={1.7} aria-hidden />
      <span className="out-devices__words">
        <span className="out-devices__name">{described?.deviceName ?? say("devices.out.unnamed")}</span>
        <span className="mono muted">{deviceId}</span>
      </span>
      {described !== null && <span className="muted">{say(described.verified ? "devices.out.verified" : "devices.out.unverified")}</span>}
    </li>
  );
}

import { Inbox } from "lucide-react";
import type { ReactNode } from "react";
import type { Safety } from "../../../protocol/messages/safety.ts";
import { useSay } from "../../ui/text.tsx";
import { VaultButton } from "../shell/vault-button.tsx";
import { SettingRow, type RowTone } from "./setting-row.tsx";

type State = Safety["dehydration"]["state"];
const TONES: Readonly<Record<State, RowTone>> = {
  unknown: "plain",
  off: "plain",
  unsupported: "plain",
  locked: "warn",
  unreadable: "plain",
  collecting: "plain",
  on: "good",
};

/** Where room keys go while nobody is signed in, and what came of it. */
export function DehydrationRow({ safety }: { readonly safety: Safety }): ReactNode {
  const say = useSay();
  const { state, received } = safety.dehydration;
  // Recovery from before the server, or this app, knew of it holds no key for it yet.
  const offYet = state === "off" && safety.recovery.state === "enabled";
  return (
    <SettingRow
      icon={Inbox}
      title={say("security.away")}
      state={say(`security.away.${state}`)}
      tone={TONES[state]}
      text={
        <span role={state === "collecting" ? "status" : undefined}>
          {say(`security.away.${offYet ? "offYet" : state}Text`, { count: received })}
        </span>
      }
      {...(state === "locked" || offYet
        ? { action: <VaultButton intent={{ kind: "recovery" }}>{say("security.recovery.enter")}</VaultButton> }
        : {})}
    />
  );
}

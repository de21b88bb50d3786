import { LogOut } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Avatar } from "../../ui/avatar.tsx";
import { Button } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { CopyLine } from "../panel/copy-line.tsx";
import { useTask } from "../dialogs/use-task.ts";
import { localpart } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";

export function AccountSection(): ReactNode {
  const say = useSay();
  const session = useSession();
  const account = useValue(session.account);
  const task = useTask();
  const [typed, setTyped] = useState<string | null>(null);
  const [saved, setSaved] = useState(false);
  if (account === null) return null;
  const name = typed ?? account.displayName ?? "";
  const changed = name.trim() !== "" && name.trim() !== (account.displayName ?? "");
  return (
    <div className="settings__stack">
      <div className="settings__person">
        <Avatar id={account.userId} name={account.displayName ?? localpart(account.userId)} mxc={account.avatar} size={72} shape="person" />
        <form
          className="settings__name"
          onSubmit={(event) => {
            event.preventDefault();
            setSaved(false);
            if (changed)
              void task.run(
                () => session.link.call("setDisplayName", { name: name.trim() }),
                () => setSaved(true),
              );
          }}
        >
          <TextField label={say("account.displayName")} value={name} onChange={setTyped} maxLength={255} />
          <Button type="submit" isDisabled={!changed || task.busy}>
            {say("common.save")}
          </Button>
        </form>
      </div>
      {saved && !changed && (
        <p className="field__hint field__hint--good" role="status">
          {say("account.saved")}
        </p>
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
      <dl className="facts">
        <CopyLine label={say("account.userId")} value={account.userId} copyLabel={say("person.copyId")} />
        <div className="fact">
          <dt>{say("account.homeserver")}</dt>
          <dd>{account.homeserver}</dd>
        </div>
        <div className="fact">
          <dt>{say("account.device")}</dt>
          <dd>
            {account.deviceName ?? account.deviceId} {account.deviceName !== null && <span className="muted mono">{account.deviceId}</span>}
          </dd>
        </div>
      </dl>
      <div className="settings__danger">
        <span>
          <strong>{say("account.signOut")}</strong>
          <span className="muted">{say("account.signOutText")}</span>
        </span>
        <Button look="danger-quiet" icon={LogOut} onPress={() => session.showDialog({ kind: "sign-out" })}>
          {say("account.signOut")}
        </Button>
      </div>
    </div>
  );
}

import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SecretField } from "../../ui/text-field.tsx";
import { Sso } from "../sign-in/sign-in.tsx";
import { useDiscovery } from "../sign-in/use-discovery.ts";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

/** After a soft logout: the same device signs in again, in whichever ways its server takes. */
export function Reauthenticate({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const task = useTask();
  const [password, setPassword] = useState("");
  const [waiting, setWaiting] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const discovery = useDiscovery(app.phase === "soft-logged-out" ? app.homeserver : "", attempt);
  if (app.phase !== "soft-logged-out") return null;
  const found = discovery.state === "found" ? discovery.found : null;
  const byPassword = found?.password === true;
  const submit = (): void => {
    if (!byPassword || password === "" || task.busy) return;
    void task.run(() => session.shell.call("reauthenticate", { password }), onClose);
  };
  const inBrowser = (idpId: string | null): void => {
    setWaiting(true);
    void task.run(() => session.shell.call("reauthenticateSso", { idpId }), onClose).then(() => setWaiting(false));
  };
  return (
    <Dialog
      title={say("reauth.title")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          {byPassword && (
            <Button look="primary" type="submit" isDisabled={password === "" || task.busy}>
              {say("reauth.submit")}
            </Button>
          )}
        </>
      }
    >
      <p>{say("reauth.text", { userId: app.userId, homeserver: app.homeserver })}</p>
      {discovery.state === "failed" && (
        <ErrorNote code={discovery.code} actions={<Button onPress={() => setAttempt(attempt + 1)}>{say("common.retry")}</Button>} />
      )}
      {discovery.state === "checking" && (
        <Delayed>
          <p className="muted" role="status">
            {say("signIn.checking")}
          </p>
        </Delayed>
      )}
      {byPassword && (
        <SecretField
          label={say("signIn.password")}
          showLabel={say("signIn.showPassword")}
          hideLabel={say("signIn.hidePassword")}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          autoFocus
        />
      )}
      {found !== null && found.sso.length > 0 && (
        <Sso
          found={found}
          alone={!byPassword}
          waiting={waiting}
          busy={task.busy}
          onPick={inBrowser}
          onStop={() => session.shell.cancel("reauthenticateSso")}
        />
      )}
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { SecretField } from "../../ui/text-field.tsx";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

/** After a soft logout: the same device signs in again. */
export function Reauthenticate({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const app = useValue(session.app);
  const task = useTask();
  const [password, setPassword] = useState("");
  if (app.phase !== "soft-logged-out") return null;
  const submit = (): void => {
    if (password === "" || task.busy) return;
    void task.run(() => session.shell.call("reauthenticate", { password }), onClose);
  };
  return (
    <Dialog
      title={say("reauth.title")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={password === "" || task.busy}>
            {say("reauth.submit")}
          </Button>
        </>
      }
    >
      <p>{say("reauth.text", { userId: app.userId, homeserver: app.homeserver })}</p>
      <SecretField
        label={say("signIn.password")}
        showLabel={say("signIn.showPassword")}
        hideLabel={say("signIn.hidePassword")}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        autoFocus
      />
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

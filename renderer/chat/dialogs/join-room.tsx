import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useSession } from "../state/session.ts";
import { useTask } from "./use-task.ts";

const ADDRESS = /^(?:#[^\s:]+:\S+|![^\s]+)$/;

export function JoinRoom({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [address, setAddress] = useState("");
  const [tried, setTried] = useState(false);
  const valid = ADDRESS.test(address.trim()) && address.trim().length <= 255;

  const submit = (): void => {
    setTried(true);
    if (!valid || task.busy) return;
    void task.run(() => session.join(address.trim()), onClose);
  };
  return (
    <Dialog
      title={say("join.title")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={address.trim() === "" || task.busy}>
            {say("join.submit")}
          </Button>
        </>
      }
    >
      <TextField
        label={say("join.label")}
        placeholder={say("join.placeholder")}
        hint={say("join.hint")}
        error={tried && !valid ? say("join.invalid") : null}
        value={address}
        onChange={setAddress}
        spellCheck="false"
        autoFocus
      />
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

import { useState, type ReactNode } from "react";
import { Button } from "../../ui/button.tsx";
import { Choice, Switch } from "../../ui/choice.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay } from "../../ui/text.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { useSession } from "../state/session.ts";
import { PeoplePicker, type Person } from "./people-picker.tsx";
import { useTask } from "./use-task.ts";

export function NewRoom({ onClose }: { readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const session = useSession();
  const task = useTask();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [who, setWho] = useState<"private" | "public">("private");
  const [encrypted, setEncrypted] = useState(true);
  const [people, setPeople] = useState<readonly Person[]>([]);

  const submit = (): void => {
    if (name.trim() === "" || task.busy) return;
    void task.run(
      () =>
        session.link.call("createRoom", {
          name: name.trim(),
          ...(topic.trim() === "" ? {} : { topic: topic.trim() }),
          encrypted,
          preset: who === "public" ? "public_chat" : "private_chat",
          invite: people.map(({ userId }) => userId),
          direct: false,
        }),
      ({ roomId }) => {
        onClose();
        session.openRoom(roomId);
      },
    );
  };
  return (
    <Dialog
      title={say("newRoom.title")}
      onClose={onClose}
      onSubmit={submit}
      foot={
        <>
          <Button onPress={onClose}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={name.trim() === "" || task.busy}>
            {say("newRoom.submit")}
          </Button>
        </>
      }
    >
      <TextField
        label={say("newRoom.name")}
        placeholder={say("newRoom.namePlaceholder")}
        value={name}
        onChange={setName}
        maxLength={255}
        autoFocus
      />
      <TextField
        label={say("newRoom.topic")}
        placeholder={say("newRoom.topicPlaceholder")}
        value={topic}
        onChange={setTopic}
        maxLength={1000}
      />
      <PeoplePicker label={say("newRoom.invite")} chosen={people} onChange={setPeople} />
      <Choice
        label={say("newRoom.who")}
        value={who}
        onChange={(value) => {
          setWho(value);
          setEncrypted(value === "private");
        }}
        options={[
          { value: "private", title: say("newRoom.private") },
          { value: "public", title: say("newRoom.public"), hint: say("newRoom.publicHint") },
        ]}
      />
      <Switch
        title={say("newRoom.encrypted")}
        hint={say(encrypted ? "newRoom.encryptedHint" : "newRoom.unencryptedHint")}
        selected={encrypted}
        onChange={setEncrypted}
      />
      {task.error !== null && <ErrorNote code={task.error} />}
    </Dialog>
  );
}

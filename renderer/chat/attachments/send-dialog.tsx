import { FileAudio, FileText, FileVideo, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { TextArea, TextField } from "react-aria-components";
import { useIntl } from "react-intl";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { leaveMode } from "../state/drafts.ts";
import { useSession } from "../state/session.ts";
import type { Staged, StagedFile } from "./attachments.ts";
import "./attachments.css";
import { formatBytes } from "./format-bytes.ts";
import { ProgressLine } from "./progress-line.tsx";
import { sendFile } from "./send-file.ts";

/** Asks before files are sent. Nothing of them has left the page until then. */
export function SendDialog(): ReactNode {
  const { attachments } = useSession();
  const staged = useValue(attachments.staged);
  return staged === null ? null : <OpenSendDialog staged={staged} />;
}

type Handing = { readonly name: string; readonly done: number; readonly total: number };

function OpenSendDialog({ staged: { roomId, files } }: { readonly staged: Staged }): ReactNode {
  const say = useSay();
  const session = useSession();
  const { attachments, link } = session;
  const room = useStore(session.rooms, ({ byId }) => byId.get(roomId));
  const [caption, setCaption] = useState("");
  const [handing, setHanding] = useState<Handing | null>(null);
  const [error, setError] = useState<{ readonly code: ErrorCode; readonly name: string } | null>(null);
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => controller.current?.abort(), []);

  const close = (): void => {
    controller.current?.abort();
    attachments.keepStaged(roomId, []);
  };

  const send = async (): Promise<void> => {
    if (handing !== null) return;
    const stop = new AbortController();
    controller.current = stop;
    setError(null);
    const draft = session.drafts.of(roomId);
    for (const [index, { file }] of files.entries()) {
      const { mode } = draft.value;
      const replyTo = index === 0 && mode.kind === "reply" ? mode.item.eventId : null;
      const text = index === 0 ? caption.trim() : "";
      const show = (done: number): void => setHanding({ name: file.name, done, total: file.size });
      show(0);
      const addressed = { caption: text === "" ? null : text, relation: replyTo === null ? {} : { replyTo }, mentions: [] };
      const sent = await sendFile(link, roomId, file, addressed, show, stop.signal);
      if (stop.signal.aborted) return;
      if (!sent.ok) {
        setHanding(null);
        setError({ code: sent.error, name: file.name });
        // Those before it are on their way.
        return attachments.keepStaged(roomId, files.slice(index));
      }
      if (replyTo !== null) draft.update(leaveMode);
      if (index === 0) setCaption("");
    }
    attachments.keepStaged(roomId, []);
  };

  return (
    <Dialog
      title={say("media.title", { count: files.length, room: room?.name ?? "" })}
      onClose={close}
      onSubmit={() => void send()}
      foot={
        <>
          <Button onPress={close}>{say("common.cancel")}</Button>
          <Button look="primary" type="submit" isDisabled={handing !== null}>
            {say("media.send")}
          </Button>
        </>
      }
    >
      {room?.encrypted === false && <p className="staged__clear">{say("media.clear")}</p>}
      <ul className="staged">
        {files.map((staged, index) => (
          <StagedRow
            key={`${index} ${staged.file.name}`}
            staged={staged}
            onRemove={
              handing === null
                ? () =>
                    attachments.keepStaged(
                      roomId,
                      files.filter((other) => other !== staged),
                    )
                : null
            }
          />
        ))}
      </ul>
      <TextField
        className="staged__caption"
        value={caption}
        onChange={setCaption}
        isDisabled={handing !== null}
        autoFocus
        aria-label={say("media.caption")}
      >
        <div className="field__input">
          <TextArea
            rows={1}
            placeholder={say("media.captionHint", { count: files.length })}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              void send();
            }}
          />
        </div>
      </TextField>
      {handing !== null && (
        <ProgressLine
          label={say(room?.encrypted === false ? "media.preparing" : "media.encrypting", { name: handing.name })}
          done={handing.done}
          total={handing.total}
          cancel={say("media.stopSending", { name: handing.name })}
          onCancel={close}
        />
      )}
      {error !== null && (
        <>
          <p className="staged__failed">{say("media.failed", { name: error.name })}</p>
          <ErrorNote code={error.code} />
        </>
      )}
    </Dialog>
  );
}

function StagedRow({
  staged: { file, url },
  onRemove,
}: {
  readonly staged: StagedFile;
  readonly onRemove: (() => void) | null;
}): ReactNode {
  const say = useSay();
  const { formatNumber } = useIntl();
  const Icon = file.type.startsWith("video/") ? FileVideo : file.type.startsWith("audio/") ? FileAudio : FileText;
  return (
    <li className="staged__file">
      {url === null ? (
        <span className="media__icon">
          <Icon className="icon" size={20} aria-hidden />
        </span>
      ) : (
        <img className="staged__picture" src={url} alt="" />
      )}
      <span className="media__text">
        <span className="media__name ellipsis" title={file.name}>
          {file.name}
        </span>
        <span className="media__kind">{formatBytes(formatNumber, file.size)}</span>
      </span>
      {onRemove !== null && <IconButton icon={X} size="small" label={say("media.remove", { name: file.name })} onPress={onRemove} />}
    </li>
  );
}

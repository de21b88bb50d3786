import { CircleAlert, Download, FileAudio, FileImage, FileText, FileVideo, Play, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { useIntl } from "react-intl";
import { errorLine, errorSentence } from "../../ui/error-sentence.ts";
import { IconButton } from "../../ui/button.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { RichText } from "../rich-text/rich-text.tsx";
import { useSession } from "../state/session.ts";
import { useActions } from "../timeline/timeline-actions.ts";
import "./attachments.css";
import { formatBytes } from "./format-bytes.ts";
import { pictureBox, type MediaContent, type MediaItem } from "./media-item.ts";
import { hasPreview } from "./pictures.ts";
import { ProgressLine } from "./progress-line.tsx";

const ICONS: Readonly<Record<MediaContent["msgtype"], LucideIcon>> = {
  image: FileImage,
  video: FileVideo,
  audio: FileAudio,
  file: FileText,
};

/** A file in the timeline: a picture where there is one, else a card; how far it is; its caption. */
export function MediaBody({ item }: { readonly item: MediaItem }): ReactNode {
  const say = useSay();
  const session = useSession();
  const roomId = useStore(session.timeline.state, (state) => state.roomId);
  const { content } = item;
  if (roomId === null) return null;
  return (
    <div className="attachment">
      {hasPreview(item) ? <Preview roomId={roomId} item={item} /> : <Card roomId={roomId} item={item} />}
      <Transferring item={item} />
      <SaveError item={item} />
      {content.caption !== null && (
        <div className="body">
          <RichText body={content.caption} html={content.html} />
          {content.edited && <span className="body__edited">{say("item.edited")}</span>}
        </div>
      )}
    </div>
  );
}

type PartProps = { readonly roomId: string; readonly item: MediaItem };

function Preview({ roomId, item }: PartProps): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const picture = useValue(attachments.pictures.of(roomId, item));
  const { content } = item;
  const { width, height } = pictureBox(content);
  const isFilm = content.msgtype === "video";
  if (picture.state === "failed") {
    return (
      <div className="picture picture--failed" style={{ width, height }} role="group" aria-label={content.name}>
        <CircleAlert className="icon" size={18} aria-hidden />
        <span className="picture__why">{say(errorSentence(picture.code).what)}</span>
        <AriaButton className="link-button" onPress={() => attachments.pictures.retry(roomId, item)}>
          {say("common.retry")}
        </AriaButton>
      </div>
    );
  }
  return (
    <AriaButton
      className={`picture ${picture.state === "loading" ? "picture--loading" : ""}`}
      style={{ width, height }}
      aria-label={say(isFilm ? "media.play" : "media.open", { name: content.name })}
      onPress={() => attachments.viewed.set({ roomId, item })}
    >
      {picture.state === "shown" && <img className="picture__image" src={picture.url} alt="" draggable={false} />}
      {isFilm && (
        <span className="picture__play">
          <Play className="icon" size={22} aria-hidden />
        </span>
      )}
    </AriaButton>
  );
}

function Card({ roomId, item }: PartProps): ReactNode {
  const say = useSay();
  const { formatNumber } = useIntl();
  const { attachments } = useSession();
  const { content } = item;
  const Icon = ICONS[content.msgtype];
  const kind = say(`item.media.${content.msgtype}`);
  const canView = content.available && content.msgtype !== "file";
  return (
    <div className="media" role="group" aria-label={content.name}>
      <span className="media__icon">
        <Icon className="icon" size={20} aria-hidden />
      </span>
      <span className="media__text">
        <span className="media__name ellipsis" title={content.name}>
          {content.name}
        </span>
        <span className="media__kind">
          {!content.available
            ? say("media.unavailable")
            : content.size === null
              ? kind
              : say("item.size", { kind, size: formatBytes(formatNumber, content.size) })}
        </span>
      </span>
      {canView && (
        <IconButton
          icon={content.msgtype === "image" ? FileImage : Play}
          label={say(content.msgtype === "image" ? "media.open" : "media.play", { name: content.name })}
          onPress={() => attachments.viewed.set({ roomId, item })}
        />
      )}
      {content.available && (
        <IconButton icon={Download} label={say("media.save", { name: content.name })} onPress={() => void attachments.save(roomId, item)} />
      )}
    </div>
  );
}

function Transferring({ item }: { readonly item: MediaItem }): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const actions = useActions();
  const transfer = useStore(attachments.transfers, (transfers) =>
    transfers.find(({ itemId, eventId }) => itemId === item.id || (eventId !== null && eventId === item.eventId)),
  );
  const isSaving = useStore(attachments.saves, (saves) => saves.get(item.id)?.error === null);
  const { name, size } = item.content;
  if (item.send !== null && transfer?.direction === "up") {
    return (
      <ProgressLine
        label={say("media.sending")}
        done={transfer.done}
        total={transfer.total}
        cancel={say("media.stopSending", { name })}
        onCancel={() => actions.cancelSend(item)}
      />
    );
  }
  if (!isSaving) return null;
  return (
    <ProgressLine
      label={say("media.fetching")}
      done={transfer?.done ?? 0}
      total={transfer?.total ?? size}
      cancel={say("media.stopFetching", { name })}
      onCancel={() => attachments.cancelSave(item)}
    />
  );
}

function SaveError({ item }: { readonly item: MediaItem }): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const error = useStore(attachments.saves, (saves) => saves.get(item.id)?.error ?? null);
  if (error === null) return null;
  return (
    <p className="attachment__error" role="alert">
      <CircleAlert className="icon" size={14} aria-hidden />
      {errorLine(say, error)}
    </p>
  );
}

import { Download, X } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button, IconButton } from "../../ui/button.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { saveBlob, type Viewed } from "./attachments.ts";
import "./attachments.css";
import { ProgressLine } from "./progress-line.tsx";
import type { Received } from "./receive-file.ts";
import { ViewedFile } from "./viewed-file.ts";

/** The one file that is looked at, if any, over everything else. */
export function Viewer(): ReactNode {
  const { attachments } = useSession();
  const viewed = useValue(attachments.viewed);
  return viewed === null ? null : <OpenViewer key={viewed.item.id} viewed={viewed} onClose={() => attachments.viewed.set(null)} />;
}

function OpenViewer({ viewed, onClose }: { readonly viewed: Viewed; readonly onClose: () => void }): ReactNode {
  const say = useSay();
  const { link } = useSession();
  const [file] = useState(() => new ViewedFile(link, viewed));
  useEffect(() => {
    file.load();
    return () => file.drop();
  }, [file]);
  const loaded = useValue(file.loaded);
  const { name } = viewed.item.content;
  const received = loaded !== null && "received" in loaded ? loaded.received : null;
  return (
    <ModalOverlay className="viewer" isOpen isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="viewer__modal">
        <AriaDialog className="viewer__dialog">
          <div className="viewer__head">
            <div className="viewer__title">
              <Heading slot="title" level={2} className="ellipsis">
                {name}
              </Heading>
              <span className="viewer__from ellipsis">{viewed.item.senderName}</span>
            </div>
            {received !== null && (
              <IconButton icon={Download} label={say("media.save", { name })} onPress={() => saveBlob(received.blob, received.name)} />
            )}
            <IconButton icon={X} label={say("common.close")} onPress={onClose} />
          </div>
          <div className="viewer__stage">
            {loaded === null ? (
              <Loading viewed={viewed} onCancel={onClose} />
            ) : "error" in loaded ? (
              <div className="viewer__note">
                <ErrorNote code={loaded.error} actions={<Button onPress={() => file.load()}>{say("common.retry")}</Button>} />
              </div>
            ) : (
              <Shown name={name} received={loaded.received} url={loaded.url} />
            )}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

function Loading({ viewed: { item }, onCancel }: { readonly viewed: Viewed; readonly onCancel: () => void }): ReactNode {
  const say = useSay();
  const { attachments } = useSession();
  const transfer = useStore(attachments.transfers, (transfers) =>
    transfers.find(({ eventId }) => eventId !== null && eventId === item.eventId),
  );
  return (
    <div className="viewer__note">
      <ProgressLine
        label={say("media.fetching")}
        done={transfer?.done ?? 0}
        total={transfer?.total ?? item.content.size}
        cancel={say("media.stopFetching", { name: item.content.name })}
        onCancel={onCancel}
      />
    </div>
  );
}

function Shown({ name, received, url }: { readonly name: string; readonly received: Received; readonly url: string }): ReactNode {
  const say = useSay();
  const { type } = received.blob;
  if (type.startsWith("image/")) return <img className="viewer__picture" src={url} alt={name} />;
  // What people send each other comes without captions.
  // oxlint-disable-next-line jsx-a11y/media-has-caption
  if (type.startsWith("video/")) return <video className="viewer__picture" src={url} controls autoPlay aria-label={name} />;
  // oxlint-disable-next-line jsx-a11y/media-has-caption
  if (type.startsWith("audio/")) return <audio src={url} controls autoPlay aria-label={name} />;
  return (
    <div className="viewer__note viewer__note--plain">
      <p>{say("media.notShown")}</p>
      <Button icon={Download} onPress={() => saveBlob(received.blob, received.name)}>
        {say("media.saveIt")}
      </Button>
    </div>
  );
}

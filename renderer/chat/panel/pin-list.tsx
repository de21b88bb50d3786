import { PinOff } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { Pins } from "../../../protocol/messages/pins.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Delayed } from "../../ui/delayed.tsx";
import { ErrorNote } from "../../ui/note.tsx";
import { useSay, type Say } from "../../ui/text.tsx";
import { useClock } from "../../ui/time.ts";
import { useNarrow } from "../shell/use-narrow.ts";
import { useLookup } from "../state/lookup.ts";
import { useSession } from "../state/session.ts";
import { setPinned } from "../state/room-preferences.ts";
import { ShieldLine } from "../timeline/shield-mark.tsx";

type Pin = Pins[number];

/** So many stand in the panel until all are asked for. */
const FIRST = 5;

/** The pinned messages of a room; each leads to its place. */
export function PinList({ roomId, mayPin }: { readonly roomId: string; readonly mayPin: boolean }): ReactNode {
  const say = useSay();
  const session = useSession();
  const { value: pins, error } = useLookup(session.pins, roomId);
  const [all, setAll] = useState(false);
  if (pins === null)
    return error === null ? (
      <Delayed>
        <span className="skeleton devices__skeleton" role="status" aria-label={say("common.loading")} />
      </Delayed>
    ) : (
      <ErrorNote code={error} actions={<Button onPress={() => session.pins.refresh(roomId)}>{say("common.retry")}</Button>} />
    );
  const shown = all ? pins : pins.slice(0, FIRST);
  return (
    <>
      <ul className="pins">
        {shown.map((pin) => (
          <PinLine key={pin.eventId} pin={pin} roomId={roomId} mayPin={mayPin} />
        ))}
      </ul>
      {shown.length < pins.length && (
        <Button size="small" onPress={() => setAll(true)}>
          {say("pins.all", { count: pins.length })}
        </Button>
      )}
    </>
  );
}

type LineProps = { readonly pin: Pin; readonly roomId: string; readonly mayPin: boolean };

function PinLine({ pin: { eventId, message }, roomId, mayPin }: LineProps): ReactNode {
  const say = useSay();
  const clock = useClock();
  const session = useSession();
  const narrow = useNarrow();
  const text = pinText(say, message);
  const jump = (): void => {
    session.openRoom(roomId, eventId);
    // There the panel lies over what is shown.
    if (narrow) session.showPanel(null);
  };
  return (
    <li className="pin">
      <AriaButton className="hit" onPress={jump}>
        <span className="hit__main">
          {message !== null && (
            <span className="hit__top">
              <span className="hit__name ellipsis">{message.senderName}</span>
              <time className="hit__time tabular" dateTime={new Date(message.at).toISOString()} title={clock.full(message.at)}>
                {clock.short(message.at)}
              </time>
            </span>
          )}
          <span className={`hit__text ${message?.preview ? "" : "muted"}`}>{text}</span>
          {message !== null && message.shield !== null && <ShieldLine item={message} shield={message.shield} brief />}
        </span>
      </AriaButton>
      {mayPin && (
        <IconButton
          icon={PinOff}
          size="small"
          label={say("pins.unpin", { text: text.slice(0, 80) })}
          onPress={() => setPinned(session, roomId, eventId, false)}
        />
      )}
    </li>
  );
}

function pinText(say: Say, message: Pin["message"]): string {
  if (message === null) return say("pins.unknown");
  switch (message.kind) {
    case "message":
    case "media":
    case "state":
      return message.preview;
    case "undecryptable":
      return say("pins.undecryptable");
    case "redacted":
      return say("item.redacted");
  }
}

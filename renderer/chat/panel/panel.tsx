import { ArrowLeft, X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { IconButton } from "../../ui/button.tsx";
import { useSay } from "../../ui/text.tsx";
import { focusLandmark } from "../shell/landmarks.ts";
import { useSession } from "../state/session.ts";
import type { Panel as PanelState } from "../state/view.ts";
import { InfoPanel } from "./info-panel.tsx";
import { MembersPanel } from "./members-panel.tsx";
import "./panel.css";
import { PersonPanel } from "./person-panel.tsx";
import { SearchPanel } from "./search-panel.tsx";

type PanelProps = { readonly panel: PanelState; readonly room: RoomSummary };

/** The right panel: beside the conversation where there is room, over it where there is not. */
export function Panel({ panel, room }: PanelProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const element = useRef<HTMLElement>(null);
  const title = panel.kind === "info" && room.kind === "dm" ? say("panel.dmInfo") : say(`panel.${panel.kind}`);
  const back = panel.kind === "person" ? panel.from : null;

  // A panel that opens, or shows something else while the focus is nowhere, takes the focus.
  useEffect(() => {
    const inside = element.current;
    if (inside !== null && panel.kind !== "search" && !inside.contains(document.activeElement)) inside.focus({ preventScroll: true });
  }, [panel.kind]);
  const close = (): void => {
    session.showPanel(null);
    focusLandmark("composer");
  };

  return (
    <aside className="panel" ref={element} tabIndex={-1} aria-label={say("landmark.panel")} data-landmark="panel">
      <header className="panel__head">
        {back !== null && (
          <IconButton
            icon={ArrowLeft}
            label={say("panel.back", { title: say(`panel.${back}`) })}
            onPress={() => session.showPanel({ kind: back })}
          />
        )}
        <h2>{title}</h2>
        <IconButton icon={X} label={say("panel.close")} onPress={close} />
      </header>
      {panel.kind === "info" ? (
        <InfoPanel room={room} />
      ) : panel.kind === "members" ? (
        <MembersPanel room={room} />
      ) : panel.kind === "person" ? (
        <PersonPanel key={panel.userId} userId={panel.userId} room={room} />
      ) : (
        <SearchPanel room={room} />
      )}
    </aside>
  );
}

import { Search } from "lucide-react";
import { useEffect, useId, useMemo, useState, type ComponentType, type KeyboardEvent, type ReactNode } from "react";
import { Dialog as AriaDialog, Modal, ModalOverlay } from "react-aria-components";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { RoomAvatar } from "../../ui/avatar.tsx";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { fold, isUnread, type Rooms } from "../state/room-order.ts";
import { useSession } from "../state/session.ts";

const SHOWN = 9;

type PickerProps = {
  readonly title: string;
  readonly placeholder: string;
  /** Of the others it is as if they were not there. */
  readonly isOffered?: (room: RoomSummary) => boolean;
  /** What stands at the end of a room's line. */
  readonly mark: ComponentType<{ readonly room: RoomSummary }>;
  readonly above?: ReactNode;
  readonly foot: ReactNode;
  readonly onPick: (room: RoomSummary) => void;
  readonly onClose: () => void;
};

/** Finds a person or room by a few letters. */
export function RoomPicker({ title, placeholder, isOffered, mark: Mark, above, foot, onPick, onClose }: PickerProps): ReactNode {
  const say = useSay();
  const id = useId();
  const session = useSession();
  const rooms = useValue(session.rooms);
  const [term, setTerm] = useState("");
  const [active, setActive] = useState(0);
  const found = useMemo(() => rank(rooms, term, session.view.value.roomId, isOffered), [rooms, term, session, isOffered]);
  const selected = Math.min(active, found.length - 1);

  useEffect(() => {
    document.getElementById(`${id}-${selected}`)?.scrollIntoView({ block: "nearest" });
  }, [id, selected]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const room = found[selected];
    if (event.key === "ArrowDown" && found.length > 0) setActive((selected + 1) % found.length);
    else if (event.key === "ArrowUp" && found.length > 0) setActive((selected + found.length - 1) % found.length);
    else if (event.key === "Enter" && room !== undefined) onPick(room);
    else return;
    event.preventDefault();
  };
  return (
    <ModalOverlay className="backdrop" isOpen isDismissable onOpenChange={(isOpen) => !isOpen && onClose()}>
      <Modal className="modal modal--switcher">
        <AriaDialog className="dialog switcher" aria-label={title}>
          {above}
          <div className="switcher__field">
            <Search className="icon" size={18} aria-hidden />
            <input
              autoFocus
              role="combobox"
              aria-label={placeholder}
              aria-autocomplete="list"
              aria-expanded={found.length > 0}
              aria-controls={`${id}-list`}
              {...(found[selected] === undefined ? {} : { "aria-activedescendant": `${id}-${selected}` })}
              placeholder={placeholder}
              autoComplete="off"
              spellCheck={false}
              value={term}
              onChange={(event) => {
                setTerm(event.target.value);
                setActive(0);
              }}
              onKeyDown={onKeyDown}
            />
          </div>
          <div id={`${id}-list`} role="listbox" aria-label={say("switcher.results")} className="switcher__list">
            {found.map((room, index) => (
              <div
                key={room.roomId}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === selected}
                className={`picker__option ${index === selected ? "picker__option--active" : ""}`}
                onPointerMove={() => setActive(index)}
                onClick={() => onPick(room)}
              >
                <RoomAvatar room={room} size={28} />
                <span className="picker__name ellipsis">{room.name}</span>
                {room.dmUserId !== null && <span className="muted ellipsis">{room.dmUserId}</span>}
                <Mark room={room} />
              </div>
            ))}
          </div>
          {found.length === 0 && (
            <p className="switcher__none" role="status">
              {say("switcher.none", { term: term.trim() })}
            </p>
          )}
          {foot}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** Rooms that fit, best first: name starts with the term, a word of it does, it is somewhere inside. Without a term: unread, then recent. */
function rank(
  rooms: Rooms,
  term: string,
  open: string | null,
  isOffered: (room: RoomSummary) => boolean = () => true,
): readonly RoomSummary[] {
  const needle = fold(term.trim());
  const ranked: Array<{ readonly room: RoomSummary; readonly score: number }> = [];
  for (const roomId of rooms.order) {
    const room = rooms.byId.get(roomId);
    if (room === undefined || !isOffered(room) || (needle === "" && roomId === open)) continue;
    const name = fold(room.name);
    const score =
      needle === ""
        ? isUnread(room)
          ? 0
          : 1
        : name.startsWith(needle)
          ? 0
          : name.split(/[\s#_-]+/).some((word) => word.startsWith(needle))
            ? 1
            : name.includes(needle) || room.dmUserId?.toLowerCase().includes(needle) === true
              ? 2
              : -1;
    if (score >= 0) ranked.push({ room, score });
  }
  return ranked
    .sort((a, b) => a.score - b.score)
    .slice(0, SHOWN)
    .map(({ room }) => room);
}

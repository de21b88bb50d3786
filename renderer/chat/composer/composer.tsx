import { ArrowUp, Check, Pencil, Reply, X } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type ChangeEvent, type KeyboardEvent, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import type { ErrorCode } from "../../../protocol/errors.ts";
import { MAX_BODY_CHARS } from "../../../protocol/messages/text.ts";
import type { RoomSummary } from "../../../protocol/messages/room-summary.ts";
import { IconButton } from "../../ui/button.tsx";
import { errorLine } from "../../ui/error-sentence.ts";
import { isMac } from "../../ui/keys.ts";
import { useStore, useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { AttachButton } from "../attachments/attach-button.tsx";
import { editItem, leaveMode, mentionedUsers, NO_DRAFT, type Draft } from "../state/drafts.ts";
import { useLookup } from "../state/lookup.ts";
import { emojiByShortcode } from "../emoji/emoji.ts";
import { nameOf } from "../state/mention-query.ts";
import { useSession, type Session } from "../state/session.ts";
import { lastEditable } from "../state/timeline-items.ts";
import { itemText } from "../timeline/item-text.ts";
import "./composer.css";
import { EmojiButton } from "./emoji-button.tsx";
import { toggleMarker, type Marker } from "./formatting.ts";
import { replaceText } from "./replace-text.ts";
import { SuggestionList } from "./suggestion-list.tsx";
import { closedShortcode, suggestionQuery, suggestionsFor, type Query, type Suggestion } from "./suggestions.ts";
import { useTyping } from "./use-typing.ts";

/** With Ctrl or Cmd, as everywhere. */
const MARKERS: Readonly<Record<string, Marker>> = { b: "**", i: "*", e: "`", X: "~~" };

type ComposerProps = { readonly room: RoomSummary; readonly disabledReason: string | null };

/** The field for writing: grows with the text, keeps a draft for each room, answers, edits and mentions. */
export function Composer({ room, disabledReason }: ComposerProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const store = session.drafts.of(room.roomId);
  const draft = useValue(store);
  const enterSends = useStore(session.settings, (settings) => settings.enterSends);
  const field = useRef<HTMLTextAreaElement>(null);
  const [query, setQuery] = useState<Query | null>(null);
  const [picked, setPicked] = useState(0);
  const [error, setError] = useState<ErrorCode | null>(null);
  const listId = useId();
  const typing = useTyping(room.roomId);

  const members = useLookup(session.members, query?.kind === "person" ? room.roomId : null);
  const suggestions = useMemo(() => suggestionsFor(query, members.value ?? []), [query, members.value]);
  const selected = Math.min(picked, suggestions.length - 1);
  const tooLong = draft.text.length - MAX_BODY_CHARS;
  const canSend = draft.text.trim() !== "" && tooLong <= 0;

  // Opening a room, answering and editing all lead into the field.
  const { mode } = draft;
  useEffect(() => {
    if (disabledReason === null || mode.kind !== "new") field.current?.focus({ preventScroll: true });
  }, [mode, disabledReason]);

  const change = (event: ChangeEvent<HTMLTextAreaElement>): void => {
    const { value: text, selectionStart: caret } = event.target;
    store.update((now) => ({ ...now, text }));
    setQuery(suggestionQuery(text, caret));
    setPicked(0);
    setError(null);
    typing.typed(text !== "");
    const closed = closedShortcode(text, caret);
    const emoji = closed === null ? undefined : emojiByShortcode(closed.code);
    if (closed !== null && emoji !== undefined) replaceText(event.target, { start: closed.start, end: caret, text: emoji.glyph });
  };

  const take = (suggestion: Suggestion): void => {
    if (query === null || field.current === null) return;
    const { start, term } = query;
    const text = suggestion.kind === "emoji" ? suggestion.emoji.glyph : `@${nameOf(suggestion.member)}`;
    const end = start + 1 + term.length;
    replaceText(field.current, { start, end: draft.text[end] === " " ? end + 1 : end, text: `${text} ` });
    if (suggestion.kind === "person")
      store.update((now) => ({ ...now, mentions: new Map(now.mentions).set(text, suggestion.member.userId) }));
    setQuery(null);
  };

  const insert = (glyph: string): void => {
    const input = field.current;
    if (input === null) return;
    // The popover gives the focus back to its button first.
    requestAnimationFrame(() => replaceText(input, { start: input.selectionStart, end: input.selectionEnd, text: glyph }));
  };

  const send = async (): Promise<void> => {
    if (!canSend) return;
    const sending = draft;
    store.set(NO_DRAFT);
    setQuery(null);
    typing.stop();
    const failed = await sendDraft(session, room.roomId, sending);
    if (failed === null) return;
    setError(failed);
    // What could not be queued comes back, unless something new has been begun.
    store.update((now) => (now.text === "" ? sending : now));
  };

  const editLast = (): boolean => {
    const item = lastEditable(session.timeline.state.value.items);
    if (item === null || session.timeline.state.value.roomId !== room.roomId) return false;
    store.update((now) => editItem(now, item));
    return true;
  };

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (suggestions.length > 0) {
      const suggestion = suggestions[selected];
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        setPicked((selected + (event.key === "ArrowDown" ? 1 : suggestions.length - 1)) % suggestions.length);
        return event.preventDefault();
      }
      if ((event.key === "Enter" || event.key === "Tab") && suggestion !== undefined && !event.shiftKey) {
        take(suggestion);
        return event.preventDefault();
      }
      if (event.key === "Escape") {
        setQuery(null);
        event.stopPropagation();
        return event.preventDefault();
      }
    }
    const mod = isMac ? event.metaKey : event.ctrlKey;
    const marker = mod && !event.altKey ? MARKERS[event.key] : undefined;
    if (marker !== undefined) {
      const { selectionStart, selectionEnd } = event.currentTarget;
      replaceText(event.currentTarget, toggleMarker(draft.text, selectionStart, selectionEnd, marker));
      event.preventDefault();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey && (mod || enterSends)) {
      event.preventDefault();
      void send();
    } else if (event.key === "ArrowUp" && draft.text === "" && !mod && !event.altKey && !event.shiftKey && editLast()) {
      event.preventDefault();
    } else if (event.key === "Escape" && draft.mode.kind !== "new") {
      store.update(leaveMode);
      event.stopPropagation();
      event.preventDefault();
    }
  };

  if (disabledReason !== null) {
    return (
      <div className="composer composer--disabled" data-landmark="composer" tabIndex={-1}>
        <p role="status">{disabledReason}</p>
      </div>
    );
  }
  return (
    <div className="composer" data-landmark="composer">
      <div className="composer__inner">
        {suggestions.length > 0 && <SuggestionList id={listId} suggestions={suggestions} selected={selected} onPick={take} />}
        {draft.mode.kind !== "new" && <Mode draft={draft} onLeave={() => store.update(leaveMode)} />}
        <div className="composer__box">
          {draft.mode.kind !== "edit" && <AttachButton roomId={room.roomId} />}
          <textarea
            ref={field}
            className="composer__field"
            rows={1}
            value={draft.text}
            placeholder={say(room.encrypted ? "composer.placeholder" : "composer.placeholderClear")}
            aria-label={say("composer.label", { room: room.name })}
            aria-invalid={tooLong > 0}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            dir="auto"
            {...(suggestions.length > 0 ? { "aria-controls": listId, "aria-activedescendant": `${listId}-${selected}` } : {})}
            onChange={change}
            onPaste={(event) => {
              const files = [...event.clipboardData.files];
              if (files.length === 0) return;
              event.preventDefault();
              session.attachments.stage(room.roomId, files);
            }}
            onKeyDown={onKeyDown}
            onSelect={(event) => query !== null && setQuery(suggestionQuery(draft.text, event.currentTarget.selectionStart))}
            onBlur={() => {
              setQuery(null);
              typing.stop();
            }}
          />
          <EmojiButton onPick={insert} />
          <AriaButton
            className="composer__send"
            aria-label={say(draft.mode.kind === "edit" ? "composer.saveEdit" : "composer.send")}
            isDisabled={!canSend}
            preventFocusOnPress
            onPress={() => void send()}
          >
            {draft.mode.kind === "edit" ? (
              <Check className="icon" size={18} strokeWidth={2.2} aria-hidden />
            ) : (
              <ArrowUp className="icon" size={18} strokeWidth={2.2} aria-hidden />
            )}
          </AriaButton>
        </div>
        {tooLong > 0 && (
          <p className="field__error" role="alert">
            {say("composer.tooLong", { count: tooLong })}
          </p>
        )}
        {error !== null && (
          <p className="field__error" role="alert">
            {say("composer.failed")} {errorLine(say, error)}
          </p>
        )}
      </div>
    </div>
  );
}

function Mode({ draft, onLeave }: { readonly draft: Draft; readonly onLeave: () => void }): ReactNode {
  const say = useSay();
  if (draft.mode.kind === "new") return null;
  const { kind, item } = draft.mode;
  const Icon = kind === "reply" ? Reply : Pencil;
  return (
    <div className="composer__mode">
      <Icon className="icon" size={15} aria-hidden />
      <span className="composer__mode-title">
        {kind === "reply" ? say("composer.replying", { name: item.senderName }) : say("composer.editing")}
      </span>
      <span className="ellipsis muted">{itemText(say, item)}</span>
      <IconButton icon={X} size="small" label={say(kind === "reply" ? "composer.cancelReply" : "composer.cancelEdit")} onPress={onLeave} />
    </div>
  );
}

async function sendDraft(session: Session, roomId: string, draft: Draft): Promise<ErrorCode | null> {
  const { mode } = draft;
  const text = draft.text.trim();
  const { eventId } = mode.kind === "new" ? { eventId: null } : mode.item;
  if (mode.kind === "edit" && eventId !== null) {
    const edited = await session.link.call("edit", { roomId, eventId, markdown: text });
    return edited.ok ? null : edited.error.code;
  }
  const emote = /^\/me\s+(.+)$/s.exec(text)?.[1];
  const sent = await session.link.call("send", {
    roomId,
    msgtype: emote === undefined ? "text" : "emote",
    markdown: emote ?? text,
    relation: mode.kind === "reply" && eventId !== null ? { replyTo: eventId } : {},
    mentions: mentionedUsers(draft),
  });
  return sent.ok ? null : sent.error.code;
}

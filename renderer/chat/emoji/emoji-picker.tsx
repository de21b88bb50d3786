import { Search } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Button as AriaButton, Input, SearchField, Toolbar } from "react-aria-components";
import { useValue } from "../../ui/store.ts";
import { useSay } from "../../ui/text.tsx";
import { useSession } from "../state/session.ts";
import { emojiName, EMOJI_GROUPS, emojiOf, findEmoji, type Emoji, type EmojiGroup } from "./emoji.ts";
import "./emoji-picker.css";

const COLUMNS = 8;
const FOUND = 96;

/** The emoji that stands for its group. */
const SIGNS: Readonly<Record<EmojiGroup, string>> = {
  smileys: "😀",
  people: "👋",
  nature: "🐻",
  food: "🍎",
  travel: "🚗",
  activities: "⚽",
  objects: "💡",
  symbols: "🔣",
  flags: "🏁",
};

type PickerProps = { readonly onPick: (glyph: string) => void };

/** All emoji, by group or by a term. The focus stays in the field; the arrows move what Enter picks. */
export function EmojiPicker({ onPick }: PickerProps): ReactNode {
  const say = useSay();
  const session = useSession();
  const recent = useValue(session.recentEmoji.glyphs);
  const [term, setTerm] = useState("");
  const [group, setGroup] = useState<EmojiGroup>("smileys");
  const [active, setActive] = useState(0);
  const grid = useRef<HTMLDivElement>(null);
  const id = useId();

  const shown: readonly Pick<Emoji, "glyph" | "name">[] =
    term.trim() !== ""
      ? findEmoji(term, FOUND)
      : group === "smileys"
        ? [...recent.map((glyph) => ({ glyph, name: emojiName(glyph) ?? glyph })), ...emojiOf(group)]
        : emojiOf(group);
  const chosen = shown[Math.min(active, shown.length - 1)];

  const pick = (glyph: string): void => {
    session.recentEmoji.remember(glyph);
    onPick(glyph);
  };
  const move = (to: number): void => {
    const index = Math.max(0, Math.min(shown.length - 1, to));
    setActive(index);
    grid.current?.children[index]?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };
    const step = steps[event.key];
    if (step !== undefined) move(active + step);
    else if (event.key === "Enter" && chosen !== undefined) pick(chosen.glyph);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="emoji-picker">
      <SearchField
        className="field"
        aria-label={say("emoji.search")}
        value={term}
        onChange={(value) => {
          setTerm(value);
          setActive(0);
          grid.current?.scrollTo({ top: 0 });
        }}
        autoFocus
      >
        <div className="field__input">
          <Search className="icon" size={16} aria-hidden />
          <Input
            placeholder={say("emoji.search")}
            role="combobox"
            aria-expanded={chosen !== undefined}
            aria-autocomplete="list"
            aria-controls={id}
            {...(chosen === undefined ? {} : { "aria-activedescendant": `${id}-${Math.min(active, shown.length - 1)}` })}
            onKeyDown={onKeyDown}
          />
        </div>
      </SearchField>
      <Toolbar className="emoji-picker__groups" aria-label={say("emoji.groups")}>
        {EMOJI_GROUPS.map((name) => (
          <AriaButton
            key={name}
            className="emoji-picker__group"
            aria-label={say(`emoji.group.${name}`)}
            aria-pressed={term.trim() === "" && group === name}
            onPress={() => {
              setTerm("");
              setGroup(name);
              setActive(0);
              grid.current?.scrollTo({ top: 0 });
            }}
          >
            {SIGNS[name]}
          </AriaButton>
        ))}
      </Toolbar>
      {shown.length === 0 ? (
        <p id={id} className="emoji-picker__none" role="status">
          {say("emoji.none", { term: term.trim() })}
        </p>
      ) : (
        <div ref={grid} id={id} className="emoji-picker__grid" role="listbox" aria-label={say("emoji.list")}>
          {shown.map(({ glyph, name }, index) => (
            <div
              key={`${index} ${glyph}`}
              id={`${id}-${index}`}
              role="option"
              aria-label={name}
              aria-selected={index === Math.min(active, shown.length - 1)}
              className="emoji-picker__cell"
              onPointerEnter={() => setActive(index)}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => pick(glyph)}
            >
              {glyph}
            </div>
          ))}
        </div>
      )}
      <div className="emoji-picker__name" aria-hidden>
        {chosen !== undefined && (
          <>
            <span className="emoji-picker__shown">{chosen.glyph}</span>
            <span className="ellipsis">{chosen.name}</span>
          </>
        )}
      </div>
    </div>
  );
}

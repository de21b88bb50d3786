import type { ReactNode } from "react";
import { Avatar } from "../../ui/avatar.tsx";
import { useSay } from "../../ui/text.tsx";
import { nameOf } from "../state/mention-query.ts";
import type { Suggestion } from "./suggestions.ts";

type ListProps = {
  readonly id: string;
  readonly suggestions: readonly Suggestion[];
  readonly selected: number;
  readonly onPick: (suggestion: Suggestion) => void;
};

/** People to mention, or emoji to insert. The focus stays in the text; the field points at the chosen one. */
export function SuggestionList({ id, suggestions, selected, onPick }: ListProps): ReactNode {
  const say = useSay();
  return (
    <div
      className="suggestions"
      id={id}
      role="listbox"
      aria-label={say(suggestions[0]?.kind === "emoji" ? "emoji.suggestions" : "composer.mentions")}
    >
      {suggestions.map((suggestion, index) => (
        <div
          key={suggestion.key}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === selected}
          className={`suggestions__option ${index === selected ? "suggestions__option--selected" : ""}`}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(suggestion);
          }}
        >
          <Shown suggestion={suggestion} />
        </div>
      ))}
    </div>
  );
}

function Shown({ suggestion }: { readonly suggestion: Suggestion }): ReactNode {
  if (suggestion.kind === "emoji") {
    const { glyph, name, shortcodes } = suggestion.emoji;
    return (
      <>
        <span className="suggestions__glyph">{glyph}</span>
        <span className="suggestions__name">:{shortcodes[0]}:</span>
        <span className="ellipsis muted">{name}</span>
      </>
    );
  }
  const { member } = suggestion;
  return (
    <>
      <Avatar id={member.userId} name={nameOf(member)} mxc={member.avatar} size={24} shape="person" />
      <span className="suggestions__name ellipsis">{nameOf(member)}</span>
      <span className="ellipsis muted">{member.userId}</span>
    </>
  );
}

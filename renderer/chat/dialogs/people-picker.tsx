import { Search, X } from "lucide-react";
import { useEffect, useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import { userIdSchema } from "../../../protocol/messages/text.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { useSay } from "../../ui/text.tsx";
import { nameOf } from "../state/mention-query.ts";
import { useSession } from "../state/session.ts";

export type Person = { readonly userId: string; readonly displayName: string | null; readonly avatar: string | null };

type PickerProps = {
  readonly chosen: readonly Person[];
  readonly onChange: (people: readonly Person[]) => void;
  readonly single?: boolean;
  readonly exclude?: ReadonlySet<string>;
  readonly label?: string;
  readonly autoFocus?: boolean;
};

const SEARCH_DELAY_MS = 250;

/** Finds people by name on the server, or takes a full user name as it is. */
export function PeoplePicker({ chosen, onChange, single, exclude, label, autoFocus }: PickerProps): ReactNode {
  const say = useSay();
  const id = useId();
  const [term, setTerm] = useState("");
  const [active, setActive] = useState(0);
  const { found, searched } = useFound(term);
  const options = found.filter((person) => exclude?.has(person.userId) !== true && !chosen.some(({ userId }) => userId === person.userId));
  const excluded = found.find((person) => exclude?.has(person.userId) === true);
  const selected = Math.min(active, options.length - 1);

  const pick = (person: Person): void => {
    onChange(single === true ? [person] : [...chosen, person]);
    setTerm("");
    setActive(0);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const option = options[selected];
    if (event.key === "ArrowDown" && options.length > 0) setActive((selected + 1) % options.length);
    else if (event.key === "ArrowUp" && options.length > 0) setActive((selected + options.length - 1) % options.length);
    else if (event.key === "Enter" && option !== undefined) pick(option);
    else if (event.key === "Backspace" && term === "" && chosen.length > 0) onChange(chosen.slice(0, -1));
    else return;
    event.preventDefault();
  };

  return (
    <div className="picker">
      <label className="field__label" htmlFor={id}>
        {label ?? say("people.search")}
      </label>
      <div className="field__input picker__field">
        <Search className="icon" size={16} aria-hidden />
        {chosen.length > 0 && (
          <ul className="picker__chosen" aria-label={say("people.chosen")}>
            {chosen.map((person) => (
              <li key={person.userId} className="chip">
                <Avatar id={person.userId} name={nameOf(person)} mxc={person.avatar} size={20} shape="person" />
                <span className="ellipsis">{nameOf(person)}</span>
                <AriaButton
                  className="chip__remove"
                  aria-label={say("people.remove", { name: nameOf(person) })}
                  onPress={() => onChange(chosen.filter(({ userId }) => userId !== person.userId))}
                >
                  <X className="icon" size={13} aria-hidden />
                </AriaButton>
              </li>
            ))}
          </ul>
        )}
        <input
          id={id}
          role="combobox"
          aria-autocomplete="list"
          aria-expanded={options.length > 0}
          aria-controls={`${id}-list`}
          {...(options[selected] === undefined ? {} : { "aria-activedescendant": `${id}-${selected}` })}
          autoComplete="off"
          spellCheck={false}
          autoFocus={autoFocus === true}
          placeholder={chosen.length === 0 ? say("people.placeholder") : ""}
          value={term}
          onChange={(event) => {
            setTerm(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id={`${id}-list`} className="picker__results" role="listbox" aria-label={say("people.results")}>
        {options.map((person, index) => (
          <div
            key={person.userId}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === selected}
            className={`picker__option ${index === selected ? "picker__option--active" : ""}`}
            onPointerMove={() => setActive(index)}
            onPointerDown={(event) => {
              event.preventDefault();
              pick(person);
            }}
          >
            <Avatar id={person.userId} name={nameOf(person)} mxc={person.avatar} size={28} shape="person" />
            <span className="picker__name ellipsis">{nameOf(person)}</span>
            <span className="muted ellipsis">{person.userId}</span>
          </div>
        ))}
      </div>
      {options.length === 0 && (
        <p className="field__hint" role="status">
          {term.trim() === "" || !searched
            ? say("people.hint")
            : excluded === undefined
              ? say("people.none", { term: term.trim() })
              : say("people.alreadyHere", { name: nameOf(excluded) })}
        </p>
      )}
    </div>
  );
}

function useFound(term: string): { readonly found: readonly Person[]; readonly searched: boolean } {
  const session = useSession();
  const [answer, setAnswer] = useState<{ readonly term: string; readonly people: readonly Person[] }>({ term: "", people: [] });
  const wanted = term.trim();
  useEffect(() => {
    if (wanted === "") return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      void ask();
    }, SEARCH_DELAY_MS);
    const ask = async (): Promise<void> => {
      const found = await session.link.call("searchUsers", { term: wanted }, { signal: stop.signal });
      if (!stop.signal.aborted) setAnswer({ term: wanted, people: found.ok ? found.value : [] });
    };
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [session, wanted]);
  if (wanted === "") return { found: [], searched: false };
  const people = answer.people;
  // A full user name always works, whether or not the server's directory knows it.
  const typed = userIdSchema.safeParse(wanted);
  const exact =
    typed.success && !people.some(({ userId }) => userId === wanted) ? [{ userId: wanted, displayName: null, avatar: null }] : [];
  return { found: [...exact, ...people], searched: answer.term === wanted };
}

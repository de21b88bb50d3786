import type { ReactNode } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";

type FiltersProps<T extends string> = {
  readonly label: string;
  readonly options: ReadonlyArray<{ readonly value: T; readonly title: string; readonly dot?: boolean }>;
  readonly value: T;
  readonly onChange: (value: T) => void;
  readonly inset?: boolean;
};

/** A row of words of which one is chosen: what part of a list is shown. */
export function Filters<T extends string>({ label, options, value, onChange, inset = true }: FiltersProps<T>): ReactNode {
  return (
    <ToggleButtonGroup
      className={inset ? "filters" : "filters filters--flush"}
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={(keys) => {
        const picked = options.find((option) => keys.has(option.value));
        if (picked !== undefined) onChange(picked.value);
      }}
    >
      {options.map((option) => (
        <ToggleButton key={option.value} id={option.value} className="filter">
          {option.title}
          {option.dot === true && <span className="filter__dot" aria-hidden />}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}

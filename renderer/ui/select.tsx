import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { Button as AriaButton, Label, ListBox, ListBoxItem, Popover, Select as AriaSelect, SelectValue } from "react-aria-components";

type SelectProps<T extends string> = {
  readonly label: string;
  readonly hint?: string;
  readonly options: ReadonlyArray<{ readonly value: T; readonly title: string }>;
  readonly value: T;
  readonly disabled?: boolean;
  readonly onChange: (value: T) => void;
};

/** One of a few, in one line: the label before it, the choices behind it. */
export function Select<T extends string>({ label, hint, options, value, disabled, onChange }: SelectProps<T>): ReactNode {
  return (
    <AriaSelect
      className="select"
      selectedKey={value}
      isDisabled={disabled === true}
      onSelectionChange={(key) => {
        const picked = options.find((option) => option.value === key);
        if (picked !== undefined) onChange(picked.value);
      }}
    >
      <span className="select__text">
        <Label className="switch__title">{label}</Label>
        {hint !== undefined && <span className="switch__hint">{hint}</span>}
      </span>
      <AriaButton className="select__button">
        <SelectValue className="ellipsis">{({ selectedText }) => selectedText}</SelectValue>
        <ChevronDown className="icon" size={15} aria-hidden />
      </AriaButton>
      <Popover className="popover" placement="bottom end" offset={4}>
        <ListBox className="menu">
          {options.map((option) => (
            <ListBoxItem key={option.value} id={option.value} className="menu__item select__option" textValue={option.title}>
              {option.title}
              {option.value === value && <Check className="icon" size={15} aria-hidden />}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

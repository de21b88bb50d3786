import type { ReactNode } from "react";
import { Label, Radio, RadioGroup, Switch as AriaSwitch } from "react-aria-components";

type SwitchProps = {
  readonly title: string;
  readonly hint?: string;
  readonly selected: boolean;
  readonly disabled?: boolean;
  readonly onChange: (selected: boolean) => void;
};

export function Switch({ title, hint, selected, disabled, onChange }: SwitchProps): ReactNode {
  return (
    <AriaSwitch className="switch" isSelected={selected} isDisabled={disabled === true} onChange={onChange}>
      <span className="switch__title">{title}</span>
      {hint !== undefined && <span className="switch__hint">{hint}</span>}
      <span className="switch__track" aria-hidden />
    </AriaSwitch>
  );
}

type ChoiceProps<T extends string> = {
  readonly label: string;
  readonly options: ReadonlyArray<{ readonly value: T; readonly title: string; readonly hint?: string }>;
  readonly value: T;
  readonly onChange: (value: T) => void;
};

export function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>): ReactNode {
  const pick = (picked: string): void => {
    const option = options.find((candidate) => candidate.value === picked);
    if (option !== undefined) onChange(option.value);
  };
  return (
    <RadioGroup className="radio-group" value={value} onChange={pick}>
      <Label className="radio-group__label">{label}</Label>
      {options.map((option) => (
        <Radio key={option.value} value={option.value} className="radio">
          <span>{option.title}</span>
          {option.hint !== undefined && <span className="radio__hint">{option.hint}</span>}
        </Radio>
      ))}
    </RadioGroup>
  );
}

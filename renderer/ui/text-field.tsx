import type { LucideIcon } from "lucide-react";
import { Eye, EyeOff, X } from "lucide-react";
import { useState, type ReactNode, type Ref } from "react";
import {
  Button as AriaButton,
  FieldError,
  Group,
  Input,
  Label,
  SearchField as AriaSearchField,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";

type FieldProps = Omit<AriaTextFieldProps, "className" | "children" | "style"> & {
  readonly label: string;
  readonly placeholder?: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly multiline?: boolean;
  readonly icon?: LucideIcon;
  readonly trailing?: ReactNode;
  readonly inputRef?: Ref<HTMLInputElement>;
};

export function TextField({ label, placeholder, hint, error, multiline, icon: Icon, trailing, inputRef, ...rest }: FieldProps): ReactNode {
  return (
    <AriaTextField {...rest} className="field" isInvalid={error !== undefined && error !== null}>
      <Label className="field__label">{label}</Label>
      <Group className="field__input" isInvalid={error !== undefined && error !== null}>
        {Icon !== undefined && <Icon className="icon" size={16} aria-hidden />}
        {multiline === true ? (
          <TextArea placeholder={placeholder ?? ""} rows={2} />
        ) : (
          <Input placeholder={placeholder ?? ""} ref={inputRef ?? null} />
        )}
        {trailing}
      </Group>
      {error !== undefined && error !== null ? (
        <FieldError className="field__error">{error}</FieldError>
      ) : hint !== undefined ? (
        <Text slot="description" className="field__hint" elementType="div">
          {hint}
        </Text>
      ) : null}
    </AriaTextField>
  );
}

type SecretFieldProps = FieldProps & { readonly showLabel: string; readonly hideLabel: string };

/** A password or passphrase, hidden unless asked. */
export function SecretField({ showLabel, hideLabel, ...rest }: SecretFieldProps): ReactNode {
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <TextField
      {...rest}
      type={shown ? "text" : "password"}
      spellCheck="false"
      autoCorrect="off"
      trailing={
        <AriaButton
          className="icon-button icon-button--small"
          aria-label={shown ? hideLabel : showLabel}
          aria-pressed={shown}
          onPress={() => setShown(!shown)}
        >
          <Icon className="icon" size={16} aria-hidden />
        </AriaButton>
      }
    />
  );
}

type SearchProps = {
  readonly label: string;
  readonly placeholder: string;
  readonly clearLabel: string;
  readonly icon: LucideIcon;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onKeyDown?: (event: React.KeyboardEvent) => void;
  readonly onSubmit?: () => void;
  readonly autoFocus?: boolean;
  readonly inputRef?: Ref<HTMLInputElement>;
};

export function SearchField({ label, placeholder, clearLabel, icon: Icon, inputRef, onKeyDown, ...rest }: SearchProps): ReactNode {
  return (
    <AriaSearchField {...rest} aria-label={label} className="field">
      <Group className="field__input">
        <Icon className="icon" size={16} aria-hidden />
        <Input placeholder={placeholder} ref={inputRef ?? null} {...(onKeyDown === undefined ? {} : { onKeyDown })} />
        {rest.value !== "" && (
          <AriaButton className="icon-button icon-button--small" aria-label={clearLabel}>
            <X className="icon" size={15} aria-hidden />
          </AriaButton>
        )}
      </Group>
    </AriaSearchField>
  );
}

import type { ReactNode } from "react";
import { TextField } from "../../ui/text-field.tsx";
import { useSay } from "../../ui/text.tsx";

/** Whether the word was typed, however it is spaced and written large or small. */
export const isTyped = (typed: string, word: string): boolean =>
  typed.trim().replaceAll(/\s+/g, " ").toLocaleLowerCase() === word.toLocaleLowerCase();

type TypedWordProps = { readonly word: string; readonly value: string; readonly onChange: (value: string) => void };

/** The field in which a word is typed before something that cannot be undone. */
export function TypedWord({ word, value, onChange }: TypedWordProps): ReactNode {
  const say = useSay();
  return (
    <TextField
      label={say("vault.typed.label", { word })}
      value={value}
      onChange={onChange}
      maxLength={64}
      autoComplete="off"
      spellCheck="false"
    />
  );
}

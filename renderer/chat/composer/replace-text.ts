import type { Replacement } from "./formatting.ts";

/** Types text into a field in the place of another, as a person would: it can be undone, and the field tells that it has changed. */
export function replaceText(
  field: HTMLTextAreaElement,
  { start, end, text, selection }: Omit<Replacement, "selection"> & Partial<Replacement>,
): void {
  field.focus({ preventScroll: true });
  field.setSelectionRange(start, end);
  document.execCommand(text === "" ? "delete" : "insertText", false, text);
  if (selection !== undefined) field.setSelectionRange(...selection);
}

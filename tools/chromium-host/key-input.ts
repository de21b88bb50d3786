import type { PageKey } from "./page-wire.ts";

/** A key as Electron's `before-input-event` tells of it. */
export function toInput(key: PageKey): object {
  const { type, code, control, shift, alt, meta, isAutoRepeat } = key;
  return { type, key: key.key, code, control, shift, alt, meta, isAutoRepeat, isComposing: false, location: 0, modifiers: [] };
}

/** Keys in the words and symbols of the platform at hand. */
export const isMac = /mac/i.test(navigator.platform);

type Combo = { readonly mod?: boolean; readonly alt?: boolean; readonly shift?: boolean; readonly key: string };

/** The parts of a shortcut as they are printed on keys. */
export function keyCaps({ mod, alt, shift, key }: Combo, mac: boolean = isMac): readonly string[] {
  const caps: string[] = [];
  if (mod === true) caps.push(mac ? "⌘" : "Ctrl");
  if (alt === true) caps.push(mac ? "⌥" : "Alt");
  if (shift === true) caps.push(mac ? "⇧" : "Shift");
  caps.push(NAMES.get(key) ?? (key.length === 1 ? key.toUpperCase() : key));
  return caps;
}

export const shortcutText = (combo: Combo): string => keyCaps(combo).join(isMac ? "" : "+");

/** Whether a key press is the shortcut, with no other modifier held. */
export function matches(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">,
  combo: Combo,
  mac: boolean = isMac,
): boolean {
  const mod = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  return (
    mod === (combo.mod ?? false) &&
    !other &&
    event.altKey === (combo.alt ?? false) &&
    event.shiftKey === (combo.shift ?? false) &&
    event.key.toLowerCase() === combo.key.toLowerCase()
  );
}

const NAMES = new Map([
  ["ArrowUp", "↑"],
  ["ArrowDown", "↓"],
  ["Escape", "Esc"],
  ["Enter", "Enter"],
  ["Delete", "Del"],
]);

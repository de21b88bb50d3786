const ORDER = ["toasts", "banners", "sidebar", "timeline", "composer", "panel"] as const;
const FOCUSABLE =
  'textarea:not([disabled]), input:not([disabled]), [role="listbox"][tabindex="0"], [data-index][tabindex="0"], button:not([disabled]):not([tabindex="-1"]), [tabindex="0"]';
const remembered = new WeakMap<Element, HTMLElement>();

/** Moves the focus to the next part of the window, where it was last in that part. */
export function cycleLandmark(step: 1 | -1): void {
  const parts = ORDER.flatMap((name) => [...document.querySelectorAll<HTMLElement>(`[data-landmark="${name}"]`)]).filter(isShown);
  if (parts.length === 0) return;
  const current = parts.findIndex((part) => part.contains(document.activeElement));
  const from = parts[current];
  if (from !== undefined && document.activeElement instanceof HTMLElement) remembered.set(from, document.activeElement);
  const next = parts[(current + step + parts.length) % parts.length] ?? parts[0];
  if (next !== undefined) focusInside(next);
}

/** Puts the focus into a part of the window by name. */
export function focusLandmark(name: (typeof ORDER)[number]): void {
  const part = document.querySelector<HTMLElement>(`[data-landmark="${name}"]`);
  if (part !== null) focusInside(part);
}

function focusInside(part: HTMLElement): void {
  const before = remembered.get(part);
  const target = before?.isConnected === true ? before : (preferred(part) ?? part.querySelector<HTMLElement>(FOCUSABLE) ?? part);
  target.focus();
}

function preferred(part: HTMLElement): HTMLElement | null {
  return part.querySelector<HTMLElement>('[role="listbox"][tabindex="0"], [data-index][tabindex="0"], textarea');
}

function isShown(part: HTMLElement): boolean {
  return part.getClientRects().length > 0;
}

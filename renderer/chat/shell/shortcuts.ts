/** Every shortcut that works anywhere in the window. The list in the shortcuts dialog and the tooltips are made from this. */
export const SHORTCUTS = {
  switcher: { mod: true, key: "k" },
  search: { mod: true, key: "f" },
  newDm: { mod: true, key: "n" },
  newRoom: { mod: true, shift: true, key: "n" },
  settings: { mod: true, key: "," },
  shortcuts: { mod: true, key: "/" },
  sidebar: { mod: true, key: "\\" },
  panel: { mod: true, key: "." },
  lock: { mod: true, shift: true, key: "l" },
  nextRoom: { alt: true, key: "ArrowDown" },
  previousRoom: { alt: true, key: "ArrowUp" },
  nextUnread: { alt: true, shift: true, key: "ArrowDown" },
  previousUnread: { alt: true, shift: true, key: "ArrowUp" },
  landmark: { key: "F6" },
  landmarkBack: { shift: true, key: "F6" },
  escape: { key: "Escape" },
} as const;

export type ShortcutId = keyof typeof SHORTCUTS;

/** In the order of the list. */
export const SHORTCUT_IDS: readonly ShortcutId[] = [
  "switcher",
  "search",
  "newDm",
  "newRoom",
  "settings",
  "shortcuts",
  "sidebar",
  "panel",
  "nextRoom",
  "previousRoom",
  "nextUnread",
  "previousUnread",
  "landmark",
  "landmarkBack",
  "lock",
  "escape",
];

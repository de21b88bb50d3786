import type { Settings } from "../../protocol/shell.ts";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const contrast = window.matchMedia("(prefers-contrast: more)");
let chosen: Settings["theme"] = "system";

/** Puts a theme on the page; `system` follows the system from then on. */
export function applyTheme(theme: Settings["theme"]): void {
  chosen = theme;
  const actual = theme === "system" ? (contrast.matches ? "high-contrast" : dark.matches ? "dark" : "light") : theme;
  document.documentElement.dataset["theme"] = actual;
}

const follow = (): void => applyTheme(chosen);
dark.addEventListener("change", follow);
contrast.addEventListener("change", follow);

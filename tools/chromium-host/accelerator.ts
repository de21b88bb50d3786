const modifiers = new Map([
  ["commandorcontrol", process.platform === "darwin" ? "Meta" : "Control"],
  ["cmdorctrl", process.platform === "darwin" ? "Meta" : "Control"],
  ["control", "Control"],
  ["ctrl", "Control"],
  ["command", "Meta"],
  ["cmd", "Meta"],
  ["super", "Meta"],
  ["meta", "Meta"],
  ["alt", "Alt"],
  ["option", "Alt"],
  ["altgr", "AltGraph"],
  ["shift", "Shift"],
]);
const keys = new Map([
  ["plus", "+"],
  ["space", " "],
  ["esc", "Escape"],
  ["escape", "Escape"],
  ["return", "Enter"],
  ["enter", "Enter"],
  ["up", "ArrowUp"],
  ["down", "ArrowDown"],
  ["left", "ArrowLeft"],
  ["right", "ArrowRight"],
  ["backspace", "Backspace"],
  ["delete", "Delete"],
  ["insert", "Insert"],
  ["home", "Home"],
  ["end", "End"],
  ["pageup", "PageUp"],
  ["pagedown", "PageDown"],
  ["tab", "Tab"],
]);
const order = ["Control", "Alt", "Shift", "Meta"];

/** An Electron accelerator in the form that the preload runtime makes of a key event: modifiers in a fixed order, then the DOM key. */
export function normaliseAccelerator(accelerator: string): string {
  // A trailing "+" is the key itself, as in "Ctrl++".
  const parts = accelerator.replace(/\+\+$/, "+Plus").split("+");
  const held = new Set(parts.map((part) => modifiers.get(part.toLowerCase())).filter((name) => name !== undefined));
  const key = parts.find((part) => !modifiers.has(part.toLowerCase())) ?? "";
  return [
    ...order.filter((name) => held.has(name)),
    keys.get(key.toLowerCase()) ?? (/^f\d+$/i.test(key) || key.length === 1 ? key.toUpperCase() : key),
  ].join("+");
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Draw = (svg: string, size: number) => Promise<Buffer>;

/** Files of one icon: how it is called, and its sizes by what Electron's names for denser screens add. */
const COLOURED = [
  ["", 16],
  ["@1.5x", 24],
  ["@2x", 32],
] as const;
const LINUX = [
  ["", 22],
  ["@2x", 44],
] as const;
const TEMPLATE = [
  ["", 16],
  ["@2x", 32],
] as const;
const OVERLAY = [
  ["", 16],
  ["@2x", 32],
] as const;

const MARKS: ReadonlyMap<string, string | undefined> = new Map([
  ["plain", undefined],
  ["unread", "#f5b83d"],
  ["mention", "#e5484d"],
  ["waiting", undefined],
]);

/** Draws what stands beside the clock, in its four states, and the numbers on the icon of the Windows taskbar. `icon` is the app's own SVG. */
export async function drawTrayIcons(icon: string, folder: string, draw: Draw): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const write = async (name: string, svg: string, sizes: readonly (readonly [string, number])[]): Promise<void> => {
    for (const [suffix, size] of sizes) writeFileSync(join(folder, `${name}${suffix}.png`), await draw(svg, size));
  };
  for (const [state, mark] of MARKS) {
    const coloured = state === "waiting" ? icon.replace("#0b6577", "#6b7280") : icon;
    await write(state, marked(coloured, mark), COLOURED);
    await write(`${state}-linux`, marked(coloured, mark), LINUX);
    // macOS paints a template in the colour of its menu bar: of the icon only the lines are left, and a mark has no colour.
    await write(
      `${state}Template`,
      marked(lines(icon), mark === undefined ? undefined : "#000000", state === "waiting" ? 0.5 : 1),
      TEMPLATE,
    );
  }
  for (let count = 1; count <= 10; count++) await write(`count-${count}`, number(count > 9 ? "9+" : `${count}`), OVERLAY);
}

/** The icon with a dot in its corner, and a gap around the dot that is seen on any colour. */
function marked(icon: string, colour: string | undefined, opacity = 1): string {
  const inner = /<svg[^>]*>(.*)<\/svg>/s.exec(icon)?.[1];
  if (inner === undefined) throw new Error("the icon is no SVG");
  const open = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" fill="none">';
  if (colour === undefined) return `${open}<g opacity="${opacity}">${inner}</g></svg>`;
  return `${open}<mask id="gap"><rect width="40" height="40" fill="#fff"/><circle cx="29" cy="29" r="13" fill="#000"/></mask><g mask="url(#gap)">${inner}</g><circle cx="29" cy="29" r="10.5" fill="${colour}"/></svg>`;
}

/** The door without its tile, as large as the tile was. */
function lines(icon: string): string {
  return icon
    .replace(/<rect[^>]*rx="9\.6"[^>]*\/>/, "")
    .replace("scale(0.9)", "scale(1.2)")
    .replace("#ffffff", "#000000");
}

function number(text: string): string {
  const size = text.length > 1 ? 21 : 28;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="20" fill="#c62f3b"/><text x="20" y="20" dy="0.36em" text-anchor="middle" font-family="Inter, Arial, sans-serif" font-weight="700" font-size="${size}" fill="#fff">${text}</text></svg>`;
}

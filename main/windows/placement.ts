import { z } from "zod";

/** Where a window stood when it was closed. */
const placementSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(1).max(20_000),
  height: z.int().min(1).max(20_000),
  maximized: z.boolean(),
});
export type Placement = z.infer<typeof placementSchema>;

export type Area = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export const MIN_WIDTH = 640;
export const MIN_HEIGHT = 480;
const DEFAULT_WIDTH = 1200;
const DEFAULT_HEIGHT = 800;

export function parsePlacement(text: string | undefined): Placement | undefined {
  if (text === undefined) return undefined;
  try {
    const parsed = placementSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export type WindowBounds = {
  readonly x?: number;
  readonly y?: number;
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
};

/** Where to open the window: as before, if enough of its title bar lies on a screen that is there now. `primary` is the work area to fit a first window into. */
export function decideBounds(saved: Placement | undefined, screens: readonly Area[], primary: Area): WindowBounds {
  if (saved === undefined) {
    return { width: Math.min(DEFAULT_WIDTH, primary.width), height: Math.min(DEFAULT_HEIGHT, primary.height), maximized: false };
  }
  const width = Math.max(MIN_WIDTH, saved.width);
  const height = Math.max(MIN_HEIGHT, saved.height);
  const reachable = screens.some((screen) => {
    const visible = Math.min(saved.x + width, screen.x + screen.width) - Math.max(saved.x, screen.x);
    return visible >= 100 && saved.y >= screen.y && saved.y <= screen.y + screen.height - 40;
  });
  const size = { width: Math.min(width, primary.width), height: Math.min(height, primary.height), maximized: saved.maximized };
  return reachable ? { x: saved.x, y: saved.y, width, height, maximized: saved.maximized } : size;
}

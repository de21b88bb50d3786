import { readCode } from "./qr-bytes.ts";

const MAX_FILE_BYTES = 32 * 1024 * 1024;
const MAX_SIDE = 2400;
const STILL_BUDGET_MS = 1500;

/** What was found in a picture: a code's bytes, none, or that it is no picture which can be read here. */
export type Found =
  { readonly kind: "code"; readonly bytes: Uint8Array } | { readonly kind: "nothing" } | { readonly kind: "not-a-picture" };

/** Looks for a QR code in a picture file, in its own size and, where that is large, smaller: a photo's noise goes away. */
export async function codeInPicture(file: Blob): Promise<Found> {
  if (file.size > MAX_FILE_BYTES) return { kind: "not-a-picture" };
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (picture === undefined) return { kind: "not-a-picture" };
  try {
    const longest = Math.max(picture.width, picture.height);
    for (const side of [Math.min(longest, MAX_SIDE), 1000, 500]) {
      if (side > longest) continue;
      const bytes = readCode(pixelsOf(picture, side / longest), STILL_BUDGET_MS);
      if (bytes !== undefined) return { kind: "code", bytes };
    }
    return { kind: "nothing" };
  } finally {
    picture.close();
  }
}

/** A drawable's pixels, scaled, on white: a code with a transparent ground is black on white too. */
export function pixelsOf(source: ImageBitmap, scale: number): ImageData {
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("no canvas");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

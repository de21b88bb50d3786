import encodeQR from "qr";
import decodeQR from "qr/decode.js";

/** A QR code as a picture: its side in modules, quiet zone included, and the black modules as an SVG path. */
export type CodePicture = { readonly size: number; readonly path: string };

const QUIET_MODULES = 4;

/** Draws bytes as a QR code. */
export function drawCode(bytes: Uint8Array): CodePicture {
  // The library takes text: each byte goes in as the character of its number, so that no character set is involved.
  const modules = encodeQR(String.fromCharCode(...bytes), "raw", {
    ecc: "medium",
    encoding: "byte",
    textEncoder: (text) => Uint8Array.from(text, (character) => character.charCodeAt(0)),
    border: QUIET_MODULES,
  });
  const path = modules.flatMap((row, y) => runsOf(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`)).join("");
  return { size: modules.length, path };
}

/** Neighbouring black modules of a row: where they begin, and how many they are. */
function runsOf(row: readonly boolean[]): ReadonlyArray<readonly [number, number]> {
  const runs: [number, number][] = [];
  let start = -1;
  for (let x = 0; x <= row.length; x++) {
    const black = row[x] === true;
    if (black && start < 0) start = x;
    if (!black && start >= 0) {
      runs.push([start, x - start]);
      start = -1;
    }
  }
  return runs;
}

/** Pixels as a canvas gives them: four bytes each. */
export type Pixels = { readonly data: Uint8ClampedArray; readonly width: number; readonly height: number };

/** Looks for a QR code for at most about `budgetMs` and answers its bytes; undefined where there is none that can be read. */
export function readCode({ data, width, height }: Pixels, budgetMs: number): Uint8Array | undefined {
  try {
    const text = decodeQR(
      { data, width, height },
      { format: "RGBA", timeLimit: budgetMs, textDecoder: (bytes) => String.fromCharCode(...bytes) },
    );
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  } catch {
    // The library throws where it finds nothing, which is the ordinary case.
    return undefined;
  }
}

const MARK = [0x4d, 0x41, 0x54, 0x52, 0x49, 0x58];

/** Whether a code's bytes begin like those of a verification (Client-Server API, "QR code format"). All else is the worker's to check. */
export const isVerificationCode = (bytes: Uint8Array): boolean => bytes.length <= 2048 && MARK.every((value, at) => bytes[at] === value);

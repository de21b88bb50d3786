// `node tools/run.mjs tools/icons.ts`: draws build/resources/icon.svg in every size and format that the packages want, and what is derived from it for the tray. Run it when the icon changes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { findChromium } from "./chromium-host/chromium.ts";
import { drawTrayIcons } from "./tray-icons.ts";

const resources = join(import.meta.dirname, "..", "build", "resources");
const sizes = [16, 32, 48, 64, 128, 256, 512, 1024] as const;

/** An icon of Windows: a directory of PNG images. */
function encodeIco(images: readonly (readonly [size: number, png: Buffer])[]): Buffer {
  const head = Buffer.alloc(6 + 16 * images.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(images.length, 4);
  let offset = head.length;
  images.forEach(([size, png], index) => {
    const entry = 6 + 16 * index;
    // 256 is written as 0.
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(png.length, entry + 8);
    head.writeUInt32LE(offset, entry + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...images.map(([, png]) => png)]);
}

/** An icon of macOS: PNG images under the names of their sizes, some of them twice as dense. */
function encodeIcns(images: ReadonlyMap<number, Buffer>): Buffer {
  const kinds: readonly (readonly [string, number])[] = [
    ["ic11", 32],
    ["ic12", 64],
    ["ic07", 128],
    ["ic13", 256],
    ["ic08", 256],
    ["ic14", 512],
    ["ic09", 512],
    ["ic10", 1024],
  ];
  const chunks = kinds.flatMap(([kind, size]) => {
    const png = images.get(size);
    return png === undefined ? [] : [chunk(kind, png)];
  });
  return chunk("icns", Buffer.concat(chunks));
}

function chunk(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(kind, "latin1");
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

const executablePath = findChromium();
if (executablePath === undefined) throw new Error("No Chromium found to draw with");
const browser = await chromium.launch({ executablePath });
try {
  const svg = readFileSync(join(resources, "icon.svg"), "utf8");
  const images = new Map<number, Buffer>();
  const draw = async (drawing: string, size: number): Promise<Buffer> => {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(
      `<style>html,body{margin:0;background:transparent}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`,
    );
    const png = await page.screenshot({ omitBackground: true });
    await page.close();
    return png;
  };
  for (const size of sizes) {
    const png = await draw(svg, size);
    images.set(size, png);
    writeFileSync(join(resources, "icons", `${size}x${size}.png`), png);
  }
  writeFileSync(join(resources, "icon.ico"), encodeIco([...images].filter(([size]) => size <= 256)));
  writeFileSync(join(resources, "icon.icns"), encodeIcns(images));
  await drawTrayIcons(svg, join(resources, "tray"), draw);
} finally {
  await browser.close();
}

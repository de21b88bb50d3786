import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawCode, type CodePicture } from "../../renderer/vault/verification/qr-bytes.ts";
import { text } from "../support/app-driver.ts";
import { bundlePreview, servePreview } from "../support/ui-preview/bundle.ts";

/** The vault reads a code with a camera: Chromium films a file instead. The page is the real one, its worker is made up (tests/support/ui-preview). */
const folder = mkdtempSync(join(tmpdir(), "vault-camera-"));
let server: Server;
let url: string;
let browser: Browser;

beforeAll(async () => {
  await bundlePreview();
  ({ url, server } = await servePreview(0));
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The vault with another device's code to scan, in a Chromium whose camera sees this. */
async function scan(seen: Uint8Array): Promise<Page> {
  await browser?.close();
  const film = join(folder, "film.y4m");
  writeFileSync(film, encodeFilm(drawCode(seen)));
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-video-capture=${film}`,
    ],
  });
  const page = await browser.newPage({ viewport: { width: 520, height: 680 }, reducedMotion: "reduce", permissions: ["camera"] });
  await page.goto(`${url}/vault.html?intent=verification&flows=ready&stay`);
  await page.getByRole("button", { name: new RegExp(`^${text("verify.ready.scan")}`) }).click();
  await page.getByRole("button", { name: text("verify.scan.cameraStart") }).click();
  return page;
}

test("a verification's code is read, and the camera is off at once", async () => {
  const page = await scan(Uint8Array.from({ length: 150 }, (_, at) => "MATRIX".charCodeAt(at) || (at * 67) & 0xff));
  await page.getByRole("heading", { name: text("verify.waiting.qr") }).waitFor();
  expect(await page.locator("video").count()).toBe(0);
  await page.close();
});

test("another code is told apart, and the camera goes on", async () => {
  const page = await scan(new TextEncoder().encode("https://example.org/a-menu"));
  await page.getByText(text("verify.scan.foreign")).waitFor();
  const filming = (): Promise<boolean> =>
    page.locator("video").evaluate((video: HTMLVideoElement) => video.srcObject instanceof MediaStream && video.srcObject.active);
  expect(await filming()).toBe(true);
  await page.getByRole("button", { name: text("verify.scan.back") }).click();
  await page.getByRole("heading", { name: text("verify.ready.title") }).waitFor();
  await page.close();
});

const WIDTH = 640;
const HEIGHT = 480;

/** An uncompressed film (YUV4MPEG2, 4:2:0) of a code on a grey wall. */
function encodeFilm({ size, path }: CodePicture): Buffer {
  const scale = Math.floor((HEIGHT - 40) / size);
  const left = Math.floor((WIDTH - size * scale) / 2);
  const top = Math.floor((HEIGHT - size * scale) / 2);
  const luma = Buffer.alloc(WIDTH * HEIGHT, 150);
  const fill = (x: number, y: number, width: number, height: number, value: number): void => {
    for (let row = y; row < y + height; row++) luma.fill(value, row * WIDTH + x, row * WIDTH + x + width);
  };
  fill(left, top, size * scale, size * scale, 235);
  for (const [, x = "", y = "", length = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    fill(left + Number(x) * scale, top + Number(y) * scale, Number(length) * scale, scale, 16);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420\n`), ...Array.from({ length: 10 }, () => frame)]);
}

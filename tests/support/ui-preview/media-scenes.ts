import type { Page } from "playwright-core";
import { chat, click, harbour, inTurn, press, type, type Scene } from "./scene-kit.ts";

const PICTURE = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

const choose =
  (...names: readonly string[]) =>
  async (page: Page): Promise<void> => {
    await page.getByRole("button", { name: "Attach" }).click();
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("menuitem", { name: "Attach files" }).click()]);
    await chooser.setFiles(
      names.map((name) =>
        name.endsWith(".png")
          ? { name, mimeType: "image/png", buffer: PICTURE }
          : { name, mimeType: "application/pdf", buffer: Buffer.alloc(1_300_000) },
      ),
    );
    await page.waitForTimeout(200);
  };
const back = async (page: Page): Promise<void> => {
  await page.mouse.move(760, 400);
  await page.mouse.wheel(0, -700);
  await page.waitForTimeout(400);
};
const drag = async (page: Page): Promise<void> => {
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "x.png"));
    window.dispatchEvent(new DragEvent("dragenter", { dataTransfer, cancelable: true }));
  });
};

/** Files: chosen, sent, shown, saved, and in trouble. */
export const MEDIA_SCENES: readonly Scene[] = [
  { name: "media-light", path: chat("room", "&media"), act: inTurn(harbour, (page) => page.waitForTimeout(400)) },
  { name: "media-dark-back", path: chat("room", "&media&theme=dark"), act: inTurn(harbour, back) },
  { name: "media-800", path: chat("room", "&media"), size: [800, 600], act: inTurn(harbour, back) },
  { name: "media-contrast", path: chat("room", "&media&theme=high-contrast"), act: inTurn(harbour, (page) => page.waitForTimeout(400)) },
  { name: "media-failed", path: chat("room", "&media&nomedia=attachment-damaged"), act: inTurn(harbour, back) },
  { name: "media-saving", path: chat("room", "&media&slowmedia"), act: inTurn(harbour, back, click("Save foghorn.ogg")) },
  { name: "media-save-failed", path: chat("room", "&media&nomedia=offline&theme=dark"), act: inTurn(harbour, click("Save foghorn.ogg")) },
  {
    name: "media-viewer",
    path: chat("room", "&media"),
    act: inTurn(harbour, back, click("Open breakwater.jpg"), (page) => page.waitForTimeout(300)),
  },
  { name: "media-viewer-loading", path: chat("room", "&media&slowmedia"), act: inTurn(harbour, back, click("Open breakwater.jpg")) },
  { name: "media-viewer-failed", path: chat("room", "&media&nomedia=attachment-damaged"), act: inTurn(harbour, click("Play foghorn.ogg")) },
  { name: "media-choose", path: chat("room"), act: inTurn(harbour, choose("harbour.png"), type("Look at this")) },
  {
    name: "media-choose-several-dark",
    path: chat("room", "&theme=dark"),
    act: inTurn(harbour, choose("harbour.png", "tide tables for the whole of next year, final version 3.pdf")),
  },
  { name: "media-too-large", path: chat("room", "&toolarge"), act: inTurn(harbour, choose("drawings.pdf"), press("Enter")) },
  { name: "media-sent", path: chat("room"), act: inTurn(harbour, choose("harbour.png"), type("Sent!"), press("Enter")) },
  { name: "media-drop", path: chat("room"), act: inTurn(harbour, drag) },
];

import type { Server } from "node:http";
import { chromium, type Browser } from "playwright-core";
import { bundlePreview, servePreview } from "./bundle.ts";

/** A browser, and the preview's pages for it to open. */
export type PreviewBrowser = { readonly browser: Browser; readonly url: string; close(): Promise<void> };

export async function startPreviewBrowser(): Promise<PreviewBrowser> {
  await bundlePreview();
  const { url, server }: { readonly url: string; readonly server: Server } = await servePreview(0);
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  return {
    browser,
    url,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

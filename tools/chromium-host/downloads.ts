import { existsSync, mkdirSync, mkdtempSync, renameSync, copyFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { extname, join } from "node:path";
import { toAppUrl } from "./app-origin.ts";
import { browser, schemes } from "./browser.ts";
import type { CdpSession } from "./cdp.ts";
import { emitPreventable } from "./emitter.ts";
import type { WebContents } from "./web-contents.ts";

let waitingRoom: string | undefined;

/** Where files lie under their ids until the app has agreed and they are whole. */
function quarantine(): string {
  if (waitingRoom === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "chromium-host-downloads-"));
    waitingRoom = folder;
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  return waitingRoom;
}

/** Has a browser context save what its pages download where the app can still say no. */
export function allowDownloads(browserContextId: string): void {
  browser.connection.browser.post("Browser.setDownloadBehavior", {
    behavior: "allowAndName",
    browserContextId,
    downloadPath: quarantine(),
    eventsEnabled: true,
  });
}

/**
 * Asks the session's `will-download` listeners about a page's downloads. What none of them prevents is put into the downloads folder (CHROMIUM_HOST_DOWNLOADS,
 * else the user's) without a dialog, under a name that is free.
 */
export function followDownloads(page: WebContents, session: CdpSession): void {
  const agreed = new Map<string, string>();
  session.on("Page.downloadWillBegin", ({ guid, url, suggestedFilename }) => {
    const item = { getURL: () => appUrl(url), getFilename: () => suggestedFilename };
    if (emitPreventable(page.session, "will-download", {}, item, page)) rmSync(join(quarantine(), guid), { force: true });
    else agreed.set(guid, suggestedFilename);
  });
  session.on("Page.downloadProgress", ({ guid, state }) => {
    if (state === "inProgress") return;
    const file = join(quarantine(), guid);
    const name = agreed.get(guid);
    agreed.delete(guid);
    if (name !== undefined && state === "completed") keep(file, name);
    else rmSync(file, { force: true });
  });
}

const appUrl = (url: string): string => (url.startsWith("blob:") ? `blob:${toAppUrl(schemes, url.slice(5))}` : toAppUrl(schemes, url));

function keep(file: string, name: string): void {
  const folder = process.env["CHROMIUM_HOST_DOWNLOADS"] ?? join(homedir(), "Downloads");
  mkdirSync(folder, { recursive: true });
  const plain = name.replaceAll(/[/\\\0]/g, "_");
  const extension = extname(plain);
  const stem = plain.slice(0, plain.length - extension.length);
  let to = join(folder, plain);
  for (let copy = 1; existsSync(to); copy++) to = join(folder, `${stem} (${copy})${extension}`);
  try {
    renameSync(file, to);
  } catch {
    // The folders are on different disks.
    copyFileSync(file, to);
    rmSync(file, { force: true });
  }
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect as value, test } from "vitest";
import type { VaultIntent } from "../../protocol/messages/vault-intent.ts";
import { drawCode, readCode, type CodePicture, type Pixels } from "../../renderer/vault/verification/qr-bytes.ts";
import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { type AppDriver, expect, PASSPHRASE, sentence, text } from "../support/app-driver.ts";
import { HeadlessClient } from "../support/headless-client.ts";
import { callShell } from "./page-attacks.ts";
import { eventually, PASSWORD, World } from "./world.ts";

const FILE_PASSPHRASE = "lantern over the quiet harbour";

let world: World;
let app: AppDriver;
let ada: HeadlessClient;
let saved: string;
let recoveryKey = "";

beforeAll(async () => {
  world = await World.start();
  saved = join(world.folder, "saved");
  app = await world.launch({ env: { CHROMIUM_HOST_DOWNLOADS: saved } });
  await app.signIn("you", PASSWORD);
  await app.createPassphrase();
  ada = await world.headless("ada", "Ada");
  await ada.call("bootstrapCrossSigning", { password: PASSWORD });
  const roomId = await ada.createRoom({ name: "Harbour crew", invite: [world.you] });
  await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Harbour crew" }) }).click();
  await app.openRoom("Harbour crew");
  await app.write("before the storm");
  await ada.waitForMessage(roomId, { body: "before the storm" });
});
afterAll(() => World.end(world));

async function openVault(intent: VaultIntent): Promise<Page> {
  await callShell(app.page, "openVault", { intent });
  const vault = await app.vault();
  await expect(vault.getByRole("img", { name: sentence("vault.sealLabel") })).toBeVisible();
  return vault;
}
const button = (vault: Page, name: string) => vault.getByRole("button", { name, exact: true });
const heading = (vault: Page, name: string) => vault.getByRole("heading", { name, exact: true });
const close = (vault: Page): Promise<void> => pressToClose(vault, () => button(vault, text("vault.closeVault")).click());
const savedFile = async (name: string): Promise<string> => {
  await eventually(`${name} to be saved`, () => existsSync(join(saved, name)));
  return readFileSync(join(saved, name), "utf8");
};

describe("recovery", () => {
  test("is set up: the key goes from the page to a file, and two of its groups are typed", async () => {
    const vault = await openVault({ kind: "recovery" });
    await button(vault, text("recovery.start")).click();
    const password = vault.getByLabel(text("vault.auth.password"), { exact: true });
    const list = vault.getByRole("list", { name: text("recovery.key.label") });
    await expect(password.or(list).first()).toBeVisible();
    if (await password.isVisible()) {
      await password.fill(PASSWORD);
      await button(vault, text("vault.auth.submit")).click();
    }
    await expect(list).toBeVisible();
    const groups = await list.getByRole("listitem").allInnerTexts();
    value(groups).toHaveLength(12);
    recoveryKey = groups.join(" ");
    await button(vault, text("recovery.key.save")).click();
    value(await savedFile(text("recovery.key.file"))).toContain(recoveryKey);
    // What another window wishes for does not take it away, and Escape asks first.
    await callShell(app.page, "openVault", { intent: { kind: "export-keys" } });
    await expect(vault.getByText(text("vault.waiting.intent"))).toBeVisible();
    await vault.keyboard.press("Escape");
    await button(vault, text("recovery.leave.stay")).click();
    await button(vault, text("recovery.key.kept")).click();
    const fields = vault.getByRole("textbox");
    await expect(fields).toHaveCount(2);
    for (const field of await fields.all()) {
      const place = Number(/\d+/.exec((await field.evaluate((input: HTMLInputElement) => input.labels?.[0]?.textContent)) ?? "")?.[0]);
      await field.fill(groups[place - 1] ?? "");
    }
    await button(vault, text("recovery.check.submit")).click();
    await expect(heading(vault, text("recovery.ready.title"))).toBeVisible();
    await close(vault);
  });

  test("another device gets back in with that key", async () => {
    const other = new HeadlessClient(join(world.folder, "you-2"));
    try {
      const { deviceId } = await other.login(world.homeserver.url, "you", PASSWORD);
      await other.call("recover", { recoveryKey });
      const devices = await other.call<{ deviceId: string; crossSigned: boolean }[]>("devices", { userId: world.you });
      value(devices.find((device) => device.deviceId === deviceId)?.crossSigned).toBe(true);
    } finally {
      await other.stop();
    }
  });

  test("the overview tells that all is well", async () => {
    const vault = await openVault({ kind: "home" });
    await expect(vault.getByText(text("vault.home.allWellText"))).toBeVisible();
    await app.screenshot("vault-home", vault);
    await close(vault);
  });
});

describe("verification by QR code", () => {
  test("a person is asked, and their code is read from a picture", async () => {
    const vault = await openVault({ kind: "verify-user", userId: "@ada:harbour.test" });
    await button(vault, text("verify.startUser.ask", { name: "Ada" })).click();
    // She is asked in a direct chat, and there was none.
    await eventually("ada to be invited", async () => {
      const rooms = await ada.call<{ roomId: string; membership: string }[]>("rooms");
      const invited = rooms.find(({ membership }) => membership === "invite");
      if (invited !== undefined) await ada.call("join", { roomId: invited.roomId });
      return invited !== undefined;
    });
    const { flowId } = await ada.call<{ flowId: string }>("waitForVerification", { state: "requested", timeoutMs: 20_000 });
    await ada.call("acceptVerification", { flowId });
    await vault.getByRole("button", { name: new RegExp(`^${text("verify.ready.scan")}`) }).click();
    const { dataBase64 } = await ada.call<{ dataBase64: string }>("showQr", { flowId });
    await vault.locator("input[type=file]").setInputFiles({
      name: "code.bmp",
      mimeType: "image/bmp",
      buffer: encodeBmp(paint(drawCode(Buffer.from(dataBase64, "base64")), 4)),
    });
    await expect(heading(vault, text("verify.waiting.qr"))).toBeVisible();
    await ada.call("confirmQrScanned", { flowId });
    await expect(heading(vault, text("verify.done.user", { name: "Ada" }))).toBeVisible();
    value(await ada.call("identity", { userId: world.you })).toMatchObject({ verified: true });
    await close(vault);
  });

  test("another person asks, and scans ours", async () => {
    const eve = await world.headless("eve", "Eve");
    await eve.call("bootstrapCrossSigning", { password: PASSWORD });
    const roomId = await eve.createRoom({ name: "Lighthouse", invite: [world.you] });
    await app.page.getByRole("button", { name: text("invite.acceptNamed", { room: "Lighthouse" }) }).click();
    await app.openRoom("Lighthouse");
    await app.write("here");
    await eve.waitForMessage(roomId, { body: "here" });
    const { flowId } = await eve.call<{ flowId: string }>("requestVerification", { userId: world.you, roomId });
    const vault = await openVault({ kind: "home" });
    await vault.getByRole("button", { name: new RegExp(`^${text("vault.underway.with", { name: "Eve" })}`) }).click();
    await expect(heading(vault, text("verify.asked.title", { name: "Eve" }))).toBeVisible();
    await button(vault, text("verify.asked.accept")).click();
    await vault.getByRole("button", { name: new RegExp(`^${text("verify.ready.show")}`) }).click();
    const code = vault.getByRole("img", { name: text("verify.show.label") });
    await expect(code).toBeVisible();
    const size = Number((await code.getAttribute("viewBox"))?.split(" ")[2]);
    const path = (await code.locator("path").getAttribute("d")) ?? "";
    const bytes = readCode(paint({ size, path }, 3), 2000);
    await eve.call("scanQr", { flowId, dataBase64: Buffer.from(bytes ?? []).toString("base64") });
    await expect(heading(vault, text("verify.scanned.title"))).toBeVisible();
    await button(vault, text("verify.scanned.yes")).click();
    await expect(heading(vault, text("verify.done.user", { name: "Eve" }))).toBeVisible();
    await close(vault);
  });
});

describe("key files", () => {
  test("keys are exported into a file that another client reads", async () => {
    const vault = await openVault({ kind: "export-keys" });
    await vault.getByLabel(text("vault.create.passphrase"), { exact: true }).fill(FILE_PASSPHRASE);
    await vault.getByLabel(text("vault.create.again"), { exact: true }).fill(FILE_PASSPHRASE);
    await button(vault, text("keys.export.submit")).click();
    await button(vault, text("keys.export.save")).click({ timeout: 60_000 });
    value(await savedFile(text("keys.export.file"))).toMatch(/^-----BEGIN MEGOLM SESSION DATA-----\n/);
    const { count } = await ada.call<{ count: number }>("importKeys", {
      path: join(saved, text("keys.export.file")),
      passphrase: FILE_PASSPHRASE,
    });
    value(count).toBeGreaterThanOrEqual(2);
    await button(vault, text("vault.finished")).click();
    await close(vault);
  });

  test("and imported again, after a wrong passphrase", async () => {
    const vault = await openVault({ kind: "import-keys" });
    await vault.locator("input[type=file]").setInputFiles(join(saved, text("keys.export.file")));
    const passphrase = vault.getByLabel(text("keys.import.passphrase"), { exact: true });
    await passphrase.fill("not this one");
    await button(vault, text("keys.import.submit")).click();
    await expect(vault.getByText(text("keys.import.wrong"))).toBeVisible({ timeout: 60_000 });
    await passphrase.fill(FILE_PASSPHRASE);
    await button(vault, text("keys.import.submit")).click();
    await expect(heading(vault, text("keys.import.done"))).toBeVisible({ timeout: 60_000 });
    await close(vault);
  });
});

test("who was asked for something in a locked app gets it once the passphrase is typed", async () => {
  await app.close();
  app = await world.launch({ env: { CHROMIUM_HOST_DOWNLOADS: saved } });
  const vault = await app.vault();
  await expect(vault.getByRole("heading", { name: text("vault.unlock.title") })).toBeVisible();
  await callShell(app.page, "openVault", { intent: { kind: "app-lock" } });
  await app.typePassphrase(PASSPHRASE);
  await expect(vault.getByRole("heading", { name: text("appLock.title") })).toBeVisible({ timeout: 30_000 });
});

/** A drawn code as pixels, `scale` of them a module. */
function paint({ size, path }: CodePicture, scale: number): Pixels {
  const side = size * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x = "", y = "", length = ""] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++)
      for (let column = Number(x) * scale; column < (Number(x) + Number(length)) * scale; column++)
        data.set([0, 0, 0], (row * side + column) * 4);
  return { data, width: side, height: side };
}

/** An uncompressed picture file of 32 bits a pixel, rows from the top. */
function encodeBmp({ data, width, height }: Pixels): Buffer {
  const head = Buffer.alloc(54);
  head.write("BM", 0, "latin1");
  head.writeUInt32LE(54 + data.length, 2);
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(-height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(32, 28);
  head.writeUInt32LE(data.length, 34);
  return Buffer.concat([head, Buffer.from(data.buffer)]);
}

import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test, expect as value } from "vitest";
import { launchApp } from "../../tools/chromium-host/launch.ts";
import { type AppDriver, expect, sentence, text } from "../support/app-driver.ts";
import { eventually, PASSWORD, World } from "./world.ts";

let world: World;
let app: AppDriver;
let seal = "";

beforeAll(async () => {
  world = await World.start();
  app = await world.launch({ homeserver: "" });
});
afterAll(() => World.end(world));

describe("the first run", () => {
  test("a server that does not exist is told while typing, with what to do", async () => {
    const server = app.page.getByRole("textbox", { name: text("signIn.server"), exact: true });
    const other = createServer((_request, response) => response.writeHead(404).end("a web server of something else"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
    const address = other.address();
    await server.fill(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
    await expect(app.page.getByText(text("error.not-a-homeserver.what"))).toBeVisible();
    other.close();
    await server.fill(world.homeserver.url);
    await expect(app.page.getByText(sentence("signIn.found"))).toContainText(world.homeserver.url);
    await app.screenshot("sign-in");
  });

  test("a wrong password is told in a sentence, and nothing is kept", async () => {
    await app.signIn("you", "not the password");
    const alert = app.page.getByRole("alert");
    await expect(alert).toContainText(text("error.wrong-credentials.what"));
    await expect(alert).toContainText(text("error.wrong-credentials.next"));
    value(existsSync(join(app.accountFolder, "profile.json"))).toBe(false);
  });

  test("the passphrase is chosen in the vault: too weak and differing ones are not taken", async () => {
    await app.signIn("you", PASSWORD);
    const vault = await app.vault();
    await expect(app.page.getByRole("heading", { name: text("vaultGate.create") })).toBeVisible();
    const submit = vault.getByRole("button", { name: text("vault.create.submit") });
    await vault.getByLabel(text("vault.create.passphrase"), { exact: true }).fill("short");
    await expect(vault.getByText(text("vault.strength.0"))).toBeVisible();
    await expect(submit).toBeDisabled();
    await vault.getByLabel(text("vault.create.passphrase"), { exact: true }).fill("four unrelated words here");
    await vault.getByLabel(text("vault.create.again"), { exact: true }).fill("four unrelated words");
    await expect(vault.getByText(text("vault.create.differ"))).toBeVisible();
    await expect(submit).toBeDisabled();
    await app.screenshot("vault-create", vault);
  });

  test("with a passphrase the seal is shown, then that rooms are on their way, and then that there are none", async () => {
    world.homeserver.faults.add({ kind: "delay", ms: 6000, path: /\/sync$/, times: 1 });
    seal = await app.createPassphrase();
    value(seal.split(",").length).toBe(5);
    await expect(app.page.getByRole("heading", { name: text("room.arriving") })).toBeVisible();
    await expect(app.sidebar.getByText(text("sidebar.arriving"))).toBeVisible();
    await expect(app.sidebar.getByText(text("sidebar.empty.all"))).toHaveCount(0);
    await expect(app.page.getByRole("heading", { name: text("room.firstRun") })).toBeVisible();
    await expect(app.page.getByText(text("connection.online"))).toBeVisible();
    await app.screenshot("first-run");
  });
});

describe("the next starts", () => {
  test("a second instance on the same profile ends and brings the first to the front", async () => {
    const ended = await launchApp({ userData: app.profile }).then(
      async (second) => (await second.exited).code,
      (error: unknown) => String(error),
    );
    value(String(ended)).toMatch(/ended before|^0$/);
    value(app.host.running).toBe(true);
    await expect(app.sidebar).toBeVisible();
  });

  test("a wrong passphrase is told and changes nothing; the right one opens, under the same seal", async () => {
    app = await world.restart();
    await expect(app.page.getByRole("heading", { name: text("vaultGate.unlock") })).toBeVisible();
    const vault = await app.vault();
    await app.typePassphrase("not my passphrase");
    await expect(vault.getByText(/That was not the passphrase/)).toBeVisible({ timeout: 30_000 });
    await app.screenshot("vault-wrong-passphrase", vault);
    const closed = vault.waitForEvent("close", { timeout: 30_000 });
    await app.typePassphrase("correct horse battery staple");
    await expect(vault.getByRole("img", { name: sentence("vault.sealLabel") })).toHaveAttribute("aria-label", seal);
    await closed;
    await app.expectRooms();
  });

  test("the server ends the session softly: the same device signs in again and goes on", async () => {
    const [device] = world.homeserver.devices(world.you);
    const noRefresh = world.homeserver.faults.add({ kind: "status", status: 401, errcode: "M_UNKNOWN_TOKEN", path: /\/refresh$/ });
    world.homeserver.softLogOut(world.you);
    // Something arrives, so that the sync which is being held ends; the next one is refused.
    world.homeserver.injectToDevice(world.you, device?.deviceId ?? "", { type: "test.wake", sender: world.you, content: {} });
    await expect(app.page.getByText(text("banner.softLogout"))).toBeVisible();
    await app.screenshot("soft-logout");
    noRefresh.remove();
    await app.page.getByRole("button", { name: text("banner.softLogoutAction") }).click();
    const dialog = app.dialog(text("reauth.title"));
    await dialog.getByLabel(text("signIn.password"), { exact: true }).fill("not the password");
    await dialog.getByRole("button", { name: text("reauth.submit"), exact: true }).click();
    await expect(dialog.getByText(text("error.wrong-credentials.what"))).toBeVisible();
    await dialog.getByLabel(text("signIn.password"), { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: text("reauth.submit"), exact: true }).click();
    await expect(dialog).toHaveCount(0);
    await expect(app.page.getByText(text("banner.softLogout"))).toHaveCount(0);
    await expect(app.page.getByText(text("connection.online"))).toBeVisible();
    value(world.homeserver.devices(world.you).map(({ deviceId }) => deviceId)).toEqual([device?.deviceId]);
  });
});

/** While the vault is open, the window behind it takes no press. */
async function closeVault(): Promise<void> {
  const vault = await app.vault();
  await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.closeVault") }).click());
}

describe("a damaged store", () => {
  const storeFile = (): string => {
    const name = readdirSync(app.accountFolder).find((file) => file.endsWith(".db"));
    if (name === undefined) throw new Error("the profile has no store");
    return join(app.accountFolder, name);
  };
  let whole: Buffer;
  let damaged: Buffer;

  test("is told with what is safe and a way out, and no byte of it is changed", async () => {
    await app.close();
    const path = storeFile();
    whole = readFileSync(path);
    damaged = Buffer.from(whole);
    for (let at = 0; at < damaged.length; at += 97) damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    writeFileSync(path, damaged);
    app = await world.launch();
    await app.typePassphrase("correct horse battery staple");
    await expect(app.page.getByRole("heading", { name: text("failed.title") })).toBeVisible({ timeout: 30_000 });
    const facts = app.page.getByRole("alert");
    await expect(facts).toContainText(new RegExp(`${text("error.store-corrupt.what")}|${text("error.store-wrong-key.what")}`));
    await expect(facts).toContainText(text("failed.kept"));
    await expect(facts).toContainText(text("failed.next"));
    await app.screenshot("failed-store");
    value(readFileSync(path).equals(damaged)).toBe(true);
  });

  test("with the file put back, trying again opens the account", async () => {
    writeFileSync(storeFile(), whole);
    await app.page.getByRole("button", { name: text("failed.retry") }).click();
    await app.unlock();
  });

  test("set aside, its files are moved and kept, and one can sign in afresh", async () => {
    await app.close();
    writeFileSync(storeFile(), damaged);
    app = await world.launch();
    await app.typePassphrase("correct horse battery staple");
    await app.page.getByRole("button", { name: text("failed.setAside") }).click();
    await app
      .dialog(text("failed.setAsideTitle"))
      .getByRole("button", { name: text("failed.setAside") })
      .click();
    await expect(app.page.getByRole("heading", { name: text("signIn.title") })).toBeVisible();
    const [aside] = readdirSync(join(app.accountFolder, "set-aside"));
    const folder = join(app.accountFolder, "set-aside", aside ?? "");
    await expect(app.page.getByText(folder)).toBeVisible();
    const kept = readdirSync(folder).find((file) => file.endsWith(".db")) ?? "";
    value(readFileSync(join(folder, kept)).equals(damaged)).toBe(true);
    await app.signIn("you", PASSWORD);
    await app.createPassphrase();
  });

  test("with the passphrase forgotten, the account is set aside the same way", async () => {
    app = await world.restart();
    await closeVault();
    await app.page.getByRole("button", { name: text("vaultGate.forgot") }).click();
    const dialog = app.dialog(text("vaultGate.forgotTitle"));
    await expect(dialog.getByText(text("vaultGate.forgotAside"))).toBeVisible();
    await app.screenshot("passphrase-forgotten");
    await dialog.getByRole("button", { name: text("failed.setAside") }).click();
    await expect(app.page.getByText(text("failed.setAsideDone"))).toBeVisible();
    value(readdirSync(join(app.accountFolder, "set-aside")).length).toBe(2);
  });

  test("a sign-in is given up before a passphrase was chosen, and leaves no device behind", async () => {
    const before = world.homeserver.devices(world.you).length;
    await app.signIn("you", PASSWORD);
    await expect(app.page.getByRole("heading", { name: text("vaultGate.create") })).toBeVisible();
    await closeVault();
    await app.page.getByRole("button", { name: text("vaultGate.cancel") }).click();
    await expect(app.page.getByRole("heading", { name: text("signIn.title") })).toBeVisible();
    value(world.homeserver.devices(world.you).length).toBe(before);
    value(existsSync(join(app.accountFolder, "profile.json"))).toBe(false);
    await app.signIn("you", PASSWORD);
    await app.createPassphrase();
  });
});

test("signing out says what is lost, ends the device on the server and deletes the profile's files", async () => {
  await app.accountMenu("account.signOut");
  const dialog = app.dialog(text("signOut.title"));
  await expect(dialog).toContainText(text("signOut.text"));
  const before = world.homeserver.devices(world.you).length;
  const confirm = dialog.getByRole("button", { name: text("signOut.confirm") });
  // The system's own question is the last word: the page cannot answer it.
  await confirm.click();
  await expect.poll(() => JSON.stringify(app.host.dialogs.asked)).toContain("Sign out and delete");
  await expect(confirm).toBeEnabled();
  value(existsSync(join(app.accountFolder, "profile.json"))).toBe(true);
  app.host.dialogs.next({ response: 0 });
  await confirm.click();
  await expect(app.page.getByRole("heading", { name: text("signIn.title") })).toBeVisible({ timeout: 30_000 });
  value(world.homeserver.devices(world.you).length).toBe(before - 1);
  await eventually("the files to be gone", () => readdirSync(app.accountFolder).every((name) => !/\.db|profile\.json/.test(name)));
});

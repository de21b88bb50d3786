import { expect, type Page } from "@playwright/test";
import { messages, type MessageId } from "../../renderer/ui/messages/en.ts";
import type { DemoApp } from "./demo-app.ts";
import { pressToClose } from "./press-to-close.ts";

/** Takes a picture. */
export type Look = (page: Page, name: string) => Promise<void>;

export const DEMO_PASSPHRASE = "correct horse battery staple";

/** A sentence of the interface. */
const text = (id: MessageId): string => messages[id];
/** A sentence with values in it, whatever they are. */
const pattern = (id: MessageId): RegExp =>
  new RegExp(
    `^${messages[id]
      .split(/\{[^}]*\}/)
      .map(escape)
      .join(".*")}$`,
  );
const escape = (part: string): string => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Types the account into the sign-in form. The homeserver is filled in already, from the command line. */
export async function signIn(page: Page, user: string, password: string): Promise<void> {
  await page.getByRole("textbox", { name: text("signIn.user"), exact: true }).fill(user);
  await page.getByLabel(text("signIn.password"), { exact: true }).fill(password);
  await page.getByRole("button", { name: text("signIn.submit"), exact: true }).click();
}

/** Chooses the passphrase in the vault, looks at the seal and goes on. */
async function createPassphrase(app: DemoApp, look: Look): Promise<void> {
  const vault = await app.vaultPage();
  await vault.getByLabel(text("vault.create.passphrase"), { exact: true }).fill(DEMO_PASSPHRASE);
  await vault.getByLabel(text("vault.create.again"), { exact: true }).fill(DEMO_PASSPHRASE);
  await look(vault, "vault-passphrase");
  await vault.getByRole("button", { name: text("vault.create.submit") }).click();
  await expect(vault.getByText(text("vault.done.createdText"))).toBeVisible();
  await look(vault, "vault-seal");
  await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.done.close") }).click());
}

export async function createPassphraseIfAsked(app: DemoApp, page: Page, look: Look): Promise<void> {
  if (await isVaultAsked(app, page)) await createPassphrase(app, look);
}

/** Waits until it is clear whether a person is needed in the vault. */
export async function isVaultAsked(app: DemoApp, page: Page): Promise<boolean> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    if (app.hasVault()) return true;
    const phase = await page.evaluate(async () => {
      const bridge: unknown = Reflect.get(window, "bulkhead");
      const shell: unknown = typeof bridge === "object" && bridge !== null ? Reflect.get(bridge, "shell") : undefined;
      const call: unknown = typeof shell === "object" && shell !== null ? Reflect.get(shell, "call") : undefined;
      const answer: unknown = typeof call === "function" ? await call("appState", {}) : undefined;
      return JSON.stringify(answer ?? null);
    });
    if (phase.includes('"ready"')) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the account neither opened nor asked for its passphrase");
}

export async function unlock(app: DemoApp, look: Look): Promise<void> {
  const vault = await app.vaultPage();
  await vault.getByLabel(text("vault.unlock.passphrase"), { exact: true }).fill(DEMO_PASSPHRASE);
  await look(vault, "vault-unlock");
  // It closes by itself; until then it is modal, and the chat page takes no clicks.
  await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.unlock.submit"), exact: true }).click());
}

export async function expectRoomList(page: Page): Promise<void> {
  await expect(
    page
      .getByRole("navigation", { name: text("landmark.sidebar") })
      .or(page.getByLabel(text("landmark.sidebar"), { exact: true }))
      .first(),
  ).toBeVisible();
}

export async function acceptInvitation(page: Page): Promise<void> {
  await page
    .getByRole("button", { name: pattern("invite.acceptNamed") })
    .first()
    .click();
}

export async function openRoom(page: Page, name: string): Promise<void> {
  const composer = page.getByRole("textbox", { name: pattern("composer.label") });
  // Accepting an invitation opens its room; after a restart it has to be chosen.
  if (await composer.isVisible()) return;
  await page
    .getByRole("option", { name: new RegExp(name) })
    .first()
    .click();
  await expect(composer).toBeVisible();
}

export async function expectMessage(page: Page, body: string): Promise<void> {
  await expect(page.getByLabel(text("landmark.main")).getByText(body, { exact: true }).first()).toBeVisible();
}

/** From a person's panel into the vault, where she is asked; then the emoji, in order, as they are read out. */
export async function askToVerify(app: DemoApp, page: Page, name: string, look: Look): Promise<readonly string[]> {
  await page.getByRole("button", { name: pattern("room.membersButton") }).click();
  await page
    .getByRole("listbox", { name: text("members.list") })
    .getByRole("option", { name: new RegExp(name) })
    .click();
  await page
    .getByRole("button", { name: pattern("person.verify") })
    .first()
    .click();
  const vault = await app.vaultPage();
  await look(vault, "vault-verify");
  await vault.getByRole("button", { name: pattern("verify.startUser.ask") }).click();
  const way = vault.getByRole("button", { name: new RegExp(escape(text("verify.ready.sas"))) });
  const list = vault.getByRole("list", { name: text("verify.emoji.list") });
  // Whoever is quicker chooses.
  await expect(way.or(list).first()).toBeVisible();
  if (await way.isVisible()) await way.click();
  await expect(list).toBeVisible();
  await look(vault, "vault-emoji");
  return list.getByRole("listitem").allInnerTexts();
}

/** The emoji are the same: says so, and sees that it is done. */
export async function confirmEmoji(app: DemoApp, look: Look): Promise<void> {
  const vault = await app.vaultPage();
  await vault.getByRole("button", { name: text("verify.match"), exact: true }).click();
  await expect(vault.getByRole("heading", { name: pattern("verify.done.user") })).toBeVisible();
  await look(vault, "vault-verified");
}

export async function closeVault(app: DemoApp): Promise<void> {
  const vault = await app.vaultPage();
  await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.closeVault"), exact: true }).click());
}

export async function write(page: Page, body: string): Promise<void> {
  const composer = page.getByRole("textbox", { name: pattern("composer.label") });
  await composer.fill(body);
  await composer.press("Enter");
}

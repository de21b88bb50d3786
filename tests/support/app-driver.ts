import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { join } from "node:path";
import { expect as playwrightExpect, type Locator, type Page } from "@playwright/test";
import { createIntl } from "react-intl";
import { messages, type MessageId } from "../../renderer/ui/messages/en.ts";
import { type HostApp, launchApp, type LaunchOptions } from "../../tools/chromium-host/launch.ts";

/** Web-first assertions that wait long enough for two busy cores. */
export const expect = playwrightExpect.configure({ timeout: 20_000 });

export const PASSPHRASE = "correct horse battery staple";

const intl = createIntl({ locale: "en", messages });

/** A sentence of the interface as it is shown, plurals and other choices included. */
export function shown(id: MessageId, values: Readonly<Record<string, string | number>> = {}): string {
  return intl.formatMessage({ id }, values);
}

/** A sentence of the interface, with its values filled in. Plurals and other choices are for `shown` and `sentence`. */
export function text(id: MessageId, values: Readonly<Record<string, string>> = {}): string {
  return messages[id].replaceAll(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** A sentence of the interface with whatever values. */
export function sentence(id: MessageId): RegExp {
  const parts = messages[id].split(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/);
  return new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`, "s");
}

export type DriverOptions = Pick<LaunchOptions, "userData" | "viewport" | "env" | "attachAfterMs" | "entry" | "args"> & {
  readonly homeserver?: string;
};

/** The app under test, used as a person would: by what is written on it. */
export class AppDriver {
  readonly host: HostApp;
  readonly page: Page;
  readonly profile: string;

  private constructor(host: HostApp, page: Page, profile: string) {
    this.host = host;
    this.page = page;
    this.profile = profile;
  }

  static async launch({
    userData,
    viewport = { width: 1280, height: 800 },
    homeserver,
    args: more = [],
    ...rest
  }: DriverOptions): Promise<AppDriver> {
    const args = [...(homeserver === undefined ? [] : [`--homeserver=${homeserver}`]), ...more];
    const host = await launchApp({ userData, viewport, args, ...rest });
    try {
      const page = await host.chatPage(30_000);
      page.setDefaultTimeout(20_000);
      return new AppDriver(host, page, userData);
    } catch (error) {
      await host.close();
      throw error;
    }
  }

  /** The account's own folder in the profile. */
  get accountFolder(): string {
    return join(this.profile, "account");
  }

  close(): Promise<unknown> {
    return this.host.close();
  }

  screenshot(name: string, page: Page = this.page): Promise<string> {
    return this.host.screenshot(page, name);
  }

  // Signing in and the vault.

  async fillSignIn(user: string, password: string): Promise<void> {
    await this.page.getByRole("textbox", { name: text("signIn.user"), exact: true }).fill(user);
    await this.page.getByLabel(text("signIn.password"), { exact: true }).fill(password);
  }

  async signIn(user: string, password: string): Promise<void> {
    await this.fillSignIn(user, password);
    await this.page.getByRole("button", { name: text("signIn.submit"), exact: true }).click();
  }

  vault(): Promise<Page> {
    return this.host.vaultPage(30_000);
  }

  /** Chooses the passphrase and goes on to the room list. Answers what the seal is called. */
  async createPassphrase(passphrase = PASSPHRASE): Promise<string> {
    const vault = await this.vault();
    await vault.getByLabel(text("vault.create.passphrase"), { exact: true }).fill(passphrase);
    await vault.getByLabel(text("vault.create.again"), { exact: true }).fill(passphrase);
    await vault.getByRole("button", { name: text("vault.create.submit") }).click();
    await expect(vault.getByText(text("vault.done.createdText"))).toBeVisible();
    const seal = await this.seal(vault);
    await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.done.close") }).click());
    await this.expectRooms();
    return seal;
  }

  async seal(vault: Page): Promise<string> {
    const label = await vault.getByRole("img", { name: sentence("vault.sealLabel") }).getAttribute("aria-label");
    return label ?? "";
  }

  async typePassphrase(passphrase: string): Promise<void> {
    const vault = await this.vault();
    await vault.getByLabel(text("vault.unlock.passphrase"), { exact: true }).fill(passphrase);
    await vault.getByRole("button", { name: text("vault.unlock.submit"), exact: true }).click();
  }

  /** Opens the store and waits for the rooms; the vault closes by itself. */
  async unlock(passphrase = PASSPHRASE): Promise<void> {
    const vault = await this.vault();
    await vault.getByLabel(text("vault.unlock.passphrase"), { exact: true }).fill(passphrase);
    await pressToClose(vault, () => vault.getByRole("button", { name: text("vault.unlock.submit"), exact: true }).click());
    await this.expectRooms();
  }

  // Rooms.

  get sidebar(): Locator {
    return this.page.getByRole("navigation", { name: text("landmark.sidebar") });
  }

  get roomList(): Locator {
    return this.page.getByRole("listbox", { name: text("sidebar.list"), exact: true });
  }

  get main(): Locator {
    return this.page.getByRole("main", { name: text("landmark.main") });
  }

  /** The details at the side. */
  get panel(): Locator {
    return this.page.getByRole("complementary");
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: sentence("composer.label") });
  }

  get feed(): Locator {
    return this.page.getByRole("feed");
  }

  async expectRooms(): Promise<void> {
    await expect(this.sidebar).toBeVisible({ timeout: 30_000 });
  }

  roomRow(name: string): Locator {
    return this.roomList.getByRole("option").filter({ hasText: name });
  }

  /** Chooses a room of the list and waits until it can be written in. */
  async openRoom(name: string): Promise<void> {
    await this.roomRow(name).first().click();
    await expect(this.page.getByRole("heading", { level: 1, name, exact: true })).toBeAttached();
    await expect(this.feed).toBeVisible();
  }

  async newMenu(item: MessageId): Promise<void> {
    await this.page.getByRole("button", { name: text("sidebar.newMessage"), exact: true }).click();
    await this.page.getByRole("menuitem", { name: text(item), exact: true }).click();
  }

  async accountMenu(item: MessageId): Promise<void> {
    await this.page.getByRole("button", { name: new RegExp(text("account.menu")) }).click();
    await this.page.getByRole("menuitem", { name: text(item), exact: true }).click();
  }

  dialog(title: string | RegExp): Locator {
    return this.page.getByRole("dialog", { name: title }).or(this.page.getByRole("alertdialog", { name: title }));
  }

  // Trust.

  /** Presses what the notice over the window offers. */
  async takeNotice(kind: "no-recovery" | "unverified-here" | "unverified-devices"): Promise<void> {
    await this.page
      .getByRole("region", { name: text("landmark.banners"), exact: true })
      .getByRole("button", { name: text(`notice.${kind}.action`), exact: true })
      .click({ timeout: 30_000 });
  }

  /** Goes from the corner's request into the vault. */
  async takeRequest(title: string): Promise<void> {
    await this.page
      .getByRole("alertdialog", { name: title, exact: true })
      .getByRole("button", { name: text("common.openInVault"), exact: true })
      .click({ timeout: 30_000 });
  }

  /** The panel of a member of the open room. */
  async openPerson(name: string): Promise<void> {
    await this.page.getByRole("button", { name: sentence("room.membersButton") }).click();
    await this.page
      .getByRole("listbox", { name: text("members.list") })
      .getByRole("option", { name: new RegExp(name) })
      .click();
    await expect(this.panel.getByText(text("person.devices"), { exact: true })).toBeVisible();
  }

  async openSettings(section: "security" | "devices"): Promise<Locator> {
    await this.accountMenu(`settings.${section}`);
    const dialog = this.dialog(text("settings.title"));
    await expect(dialog.getByRole("tab", { name: text(`settings.${section}`), exact: true })).toHaveAttribute("aria-selected", "true");
    return dialog;
  }

  async acceptInvitation(room: string): Promise<void> {
    await this.page.getByRole("button", { name: text("invite.acceptNamed", { room }) }).click();
    await expect(this.composer).toBeVisible();
  }

  /** Makes an encrypted direct chat with somebody. */
  async startChat(userId: string): Promise<void> {
    await this.newMenu("sidebar.newDm");
    const dialog = this.dialog(text("newDm.title"));
    await dialog.getByRole("combobox").fill(userId);
    await dialog
      .getByRole("option", { name: new RegExp(userId) })
      .first()
      .click();
    await dialog.getByRole("button", { name: text("newDm.submit") }).click();
    await expect(this.composer).toBeVisible();
  }

  // Messages.

  /** The row of the message with this text. */
  row(body: string): Locator {
    return this.feed.getByRole("article").filter({ has: this.page.getByText(body, { exact: true }) });
  }

  async expectMessage(body: string, timeout = 20_000): Promise<void> {
    await expect(this.row(body).first()).toBeVisible({ timeout });
  }

  async write(body: string): Promise<void> {
    await this.composer.fill(body);
    await this.composer.press("Enter");
  }

  /** The state that one's own message shows, once it shows this one. */
  async expectSendState(body: string, state: "queued" | "sending" | "sent" | "failed"): Promise<void> {
    await expect(
      this.row(body).getByRole(state === "failed" ? "group" : "button", { name: text(`send.${state}`), exact: true }),
    ).toBeVisible({
      timeout: 30_000,
    });
  }

  /** Hovers a message and presses one of its tools. */
  async tool(body: string, id: MessageId): Promise<void> {
    const row = this.row(body).first();
    await row.hover();
    await row
      .getByRole("toolbar")
      .getByRole("button", { name: text(id), exact: true })
      .click();
  }

  /** Opens the menu of a message by a right click, and chooses from it. */
  async choose(body: string, id: MessageId): Promise<void> {
    await this.row(body).first().click({ button: "right" });
    await this.page.getByRole("menuitem", { name: text(id), exact: true }).click();
  }

  /** Waits until nothing of ours is in the queue and the server's copy of the message is here. */
  async expectDelivered(body: string): Promise<void> {
    await this.expectMessage(body);
    const row = this.row(body).first();
    await expect(row.getByRole("button", { name: text("send.queued"), exact: true })).toHaveCount(0, { timeout: 30_000 });
    await expect(row.getByRole("button", { name: text("send.sending"), exact: true })).toHaveCount(0, { timeout: 30_000 });
    await expect(row.getByRole("group", { name: text("send.failed"), exact: true })).toHaveCount(0);
  }

  // Faults.

  /** Kills the crypto worker as the system would. */
  killWorker(): void {
    const pid = this.host.workerPid();
    if (pid === undefined) throw new Error("there is no worker to kill");
    process.kill(pid, "SIGKILL");
  }
}

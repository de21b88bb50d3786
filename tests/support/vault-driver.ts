import { expect as value } from "vitest";
import type { Locator, Page } from "@playwright/test";
import type { MessageId } from "../../renderer/ui/messages/en.ts";
import { pressToClose } from "../../tools/demo/press-to-close.ts";
import { type AppDriver, expect, text } from "./app-driver.ts";

type Values = Readonly<Record<string, string>>;

/** An app's vault window while it is open, used as a person would. */
export class VaultDriver {
  readonly app: AppDriver;
  readonly page: Page;

  private constructor(app: AppDriver, page: Page) {
    this.app = app;
    this.page = page;
  }

  /** The vault that is open, or is about to open. */
  static async of(app: AppDriver): Promise<VaultDriver> {
    const page = await app.vault();
    page.setDefaultTimeout(20_000);
    return new VaultDriver(app, page);
  }

  /** Opened from the application menu: on its overview. */
  static async open(app: AppDriver): Promise<VaultDriver> {
    app.host.clickMenu("Vault…");
    return VaultDriver.of(app);
  }

  heading(id: MessageId, values?: Values): Locator {
    return this.page.getByRole("heading", { level: 1, name: text(id, values), exact: true });
  }

  /** Waits for the step with this heading. */
  async at(id: MessageId, values?: Values): Promise<void> {
    await expect(this.heading(id, values)).toBeVisible({ timeout: 30_000 });
  }

  /** Waits for a sentence somewhere on the step. */
  async says(id: MessageId, values?: Values): Promise<void> {
    await expect(this.page.getByText(text(id, values)).first()).toBeVisible();
  }

  button(id: MessageId, values?: Values): Locator {
    return this.page.getByRole("button", { name: text(id, values), exact: true });
  }

  async press(id: MessageId, values?: Values): Promise<void> {
    await this.button(id, values).click();
  }

  /** One of the ways on, by its title; its name goes on with a sentence. */
  way(id: MessageId, values?: Values): Locator {
    const title = text(id, values).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return this.page.getByRole("button", { name: new RegExp(`^${title}`) });
  }

  field(id: MessageId, values?: Values): Locator {
    return this.page.getByLabel(text(id, values), { exact: true });
  }

  /** Gives a file to the control that asks for one. */
  async giveFile(id: MessageId, path: string): Promise<void> {
    const [chooser] = await Promise.all([this.page.waitForEvent("filechooser"), this.press(id)]);
    await chooser.setFiles(path);
  }

  /** The recovery key that is on the screen, as its twelve groups. */
  async recoveryKey(): Promise<readonly string[]> {
    await this.at("recovery.key.title");
    const groups = await this.page
      .getByRole("list", { name: text("recovery.key.label") })
      .getByRole("listitem")
      .allInnerTexts();
    value(groups).toHaveLength(12);
    return groups;
  }

  /** The places of the groups that are asked for, from one. */
  async askedGroups(): Promise<readonly number[]> {
    await this.at("recovery.check.title");
    const places = [];
    for (let place = 1; place <= 12; place++)
      if (await this.field("recovery.check.group", { place: String(place) }).isVisible()) places.push(place);
    value(places).toHaveLength(2);
    return places;
  }

  /** Types the groups that are asked for. */
  async typeGroups(groups: readonly string[]): Promise<void> {
    for (const place of await this.askedGroups())
      await this.field("recovery.check.group", { place: String(place) }).fill(groups[place - 1] ?? "");
  }

  /** The seven emoji, as they are read out. */
  async emoji(): Promise<readonly string[]> {
    const items = this.page.getByRole("list", { name: text("verify.emoji.list") }).getByRole("listitem");
    await expect(items).toHaveCount(7, { timeout: 30_000 });
    const names = await items.allInnerTexts();
    value(new Set(names).size, "one emoji like the other").toBeGreaterThan(1);
    return names;
  }

  /** Leaves by whichever way there is; what goes on, goes on. */
  async close(): Promise<void> {
    const close = this.page.getByRole("button", { name: text("vault.closeVault"), exact: true });
    if (!(await close.isVisible())) {
      await this.page.keyboard.press("Escape");
      await this.at("vault.home.title");
    }
    await pressToClose(this.page, () => close.click());
  }
}
